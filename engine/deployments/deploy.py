"""From the entries of a deployment file to deployments in the store."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowtui.engine.client.read_only import require_writing
from flowtui.engine.deployments.checkout import git_info
from flowtui.engine.deployments.entry import DeploymentEntry, DeploymentFile
from flowtui.engine.deployments.entrypoint import load_flow, split_entrypoint
from flowtui.engine.deployments.file import filled_entry
from flowtui.engine.deployments.parameters import parameter_problems, parameter_schema
from flowtui.engine.deployments.references import lookup_with
from flowtui.engine.deployments.stepping import place_kept, run_steps
from flowtui.engine.deployments.steps import Step, refuse_later_steps
from flowtui.engine.deployments.templates import LATER, UNKNOWN, Lookup, Placeholder, placeholders_of
from flowtui.engine.deployments.versions import GIT, checked_version_type
from flowtui.engine.errors import DeploymentFileError, NotFound, ParameterError, UsageError
from flowtui.engine.model import Deployment, DeploymentSpec

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.flows import Flow

__all__ = ["build_spec", "check_place", "choose_entries", "deploy_file", "prepare"]

Change = Callable[[DeploymentEntry], DeploymentEntry]
Hearer = Callable[[str], None]
Done = list[tuple[tuple[Step, ...], dict[str, Any], dict[str, Any]]]
"""Steps that were run, the outputs that there were before, and those that there were then."""


def deploy_file(client: "Client", file: DeploymentFile, names: Sequence[str] = ()) -> tuple[Deployment, ...]:
    """Save the chosen deployments of a file (all of them, when no name is given).

    Everything is checked before a step is run, and again before the first deployment is saved; all are saved at once.
    """
    specs = prepare(client, file, choose_entries(file, names), hearer=lambda line: None)
    return client.save_deployments(specs)


def choose_entries(file: DeploymentFile, names: Sequence[str] = ()) -> tuple[DeploymentEntry, ...]:
    """The entries that the names mean: `nightly`, `night*`, `etl/nightly`, `etl/*`.

    Raises `NotFound` for a name that means none.
    """
    if not names:
        return file.entries
    flow_of = _flow_names(file)
    chosen: dict[int, DeploymentEntry] = {}
    for name in names:
        found = [number for number, entry in enumerate(file.entries) if _is_meant(name, entry, flow_of)]
        if not found:
            there = ", ".join(entry.name for entry in file.entries) or "nothing"
            raise NotFound("deployment", name, f"{file.shown} holds {there}.")
        chosen.update((number, file.entries[number]) for number in found)
    return tuple(chosen[number] for number in sorted(chosen))


def prepare(
    client: "Client",
    file: DeploymentFile,
    entries: Iterable[DeploymentEntry],
    *,
    hearer: Hearer,
    change: Change = lambda entry: entry,
) -> tuple[DeploymentSpec, ...]:
    """What is to be saved for these entries: `build` and `push` steps are run, then placeholders are filled.

    What the file alone tells is checked before any step is run. `change` lays over an entry what a person asked for.
    `hearer` gets the lines of steps, and a word about placeholders that mean nothing. Raises `DeploymentFileError` at
    the entry that is wrong, `StepFailed`, and `ReadOnly`.
    """
    require_writing(client, "deploying")
    entries = tuple(entries)
    flows = [_checked_before(client, file, change(entry)) for entry in entries]
    done: Done = []  # steps of the whole file are run once
    return tuple(
        _prepared(client, file, entry, flow, hearer, change, done) for entry, flow in zip(entries, flows, strict=True)
    )


def _checked_before(client: "Client", file: DeploymentFile, entry: DeploymentEntry) -> "Flow[..., Any] | None":
    """The entry's flow, if that is known before its steps are run; raises when anything is wrong by then."""
    try:
        refuse_later_steps([*entry.build, *entry.push, *(entry.pull or ())])
        if not _is_open(entry.work_pool_name) and not _is_open(entry.work_queue_name):
            check_place(client, entry.work_pool_name, entry.work_queue_name)
    except UsageError as error:
        raise DeploymentFileError(file.shown, entry.line, entry.name, str(error)) from error
    if _is_open(entry.entrypoint):
        return None
    settled = {name: value for name, value in entry.parameters.items() if not _is_open(value)}
    return _specified(file, replace(entry, parameters=settled))[1]


def _prepared(
    client: "Client",
    file: DeploymentFile,
    entry: DeploymentEntry,
    flow: "Flow[..., Any] | None",
    hearer: Hearer,
    change: Change,
    done: Done,
) -> DeploymentSpec:
    outputs = _run_before(client, file, entry, hearer, done)
    unknown: dict[str, None] = {}
    lookup = _remembering(lookup_with(client, os.environ, outputs), unknown)
    from_here = lookup_with(None, os.environ, outputs)  # the store is asked when a run starts
    jobs = _remembering(from_here, unknown)
    filled = change(filled_entry(file, entry, lookup, jobs=jobs, pull=_unknown_later(from_here)))
    for whole in unknown:
        hearer(f"note: {file.shown}:{entry.line}: {entry.name}: {whole} means nothing here and is left out.")
    try:
        check_place(client, filled.work_pool_name, filled.work_queue_name)
    except UsageError as error:
        raise DeploymentFileError(file.shown, entry.line, entry.name, str(error)) from error
    spec = _specified(file, filled, flow)[0]
    if filled.flow_name not in (None, spec.flow_name):
        hearer(f"note: {entry.name}: flow_name is {filled.flow_name}, but the flow calls itself {spec.flow_name}.")
    return spec


def _run_before(
    client: "Client",
    file: DeploymentFile,
    entry: DeploymentEntry,
    hearer: Hearer,
    done: Done,
) -> dict[str, Any]:
    """The outputs of its build and push steps."""
    outputs: dict[str, Any] = {}
    for what, steps in (("build", entry.build), ("push", entry.push)):
        if not steps:
            continue
        known = next((found for before, after, found in done if (before, after) == (steps, outputs)), None)
        if known is None:
            with place_kept():
                os.chdir(file.folder)
                known = run_steps(client, steps, hearer, what=what, outputs=outputs)
            done.append((steps, outputs, known))
        outputs = known
    return outputs


def _remembering(lookup: Lookup, unknown: dict[str, None]) -> Lookup:
    def remember(placeholder: Placeholder) -> Any:
        value = lookup(placeholder)
        if value is UNKNOWN:
            unknown[placeholder.whole] = None
        return value

    return remember


def _unknown_later(lookup: Lookup) -> Lookup:
    """Pull steps name outputs of each other, and environments that are elsewhere."""

    def patient(placeholder: Placeholder) -> Any:
        value = lookup(placeholder)
        return LATER if value is UNKNOWN else value

    return patient


def _is_open(value: Any) -> bool:
    return next(placeholders_of(value), None) is not None


def check_place(client: "Client", pool: str | None, queue: str | None) -> None:
    """Raise `NotFound`, with what to do, for a work pool or a queue that does not exist."""
    if pool is None:
        return
    try:
        client.read_work_pool(pool)
    except NotFound as error:
        names = ", ".join(known.name for known in client.list_work_pools())
        hint = f"There is {names}. Make it with: flowtui work-pool create {pool} --type process"
        raise NotFound("work pool", pool, hint) from error
    try:
        client.read_work_queue(pool, queue or "default")
    except NotFound as error:
        names = ", ".join(known.name for known in client.list_work_queues(pool))
        hint = f"Pool {pool} has {names}. Make it with: flowtui work-queue create {queue} --pool {pool}"
        raise NotFound("work queue", str(queue), hint) from error


def _specified(
    file: DeploymentFile, entry: DeploymentEntry, flow: "Flow[..., Any] | None" = None
) -> "tuple[DeploymentSpec, Flow[..., Any]]":
    """What is saved for an entry, and its flow. Raises `DeploymentFileError` where flow or parameters are wrong."""
    try:
        flow = flow or load_flow(entry.entrypoint, file.folder, of_prefect=True)
        return build_spec(entry, file.folder, flow), flow
    except UsageError as error:
        key = "parameters" if isinstance(error, ParameterError) else "entrypoint"
        raise DeploymentFileError(file.shown, entry.line, f"{entry.name}: {key}", str(error)) from error


def build_spec(entry: DeploymentEntry, folder: str, flow: "Flow[..., Any] | None" = None) -> DeploymentSpec:
    """The entry, completed from its flow, which is loaded unless it is given.

    Raises `EntrypointError` and, for given parameters that do not fit, `ParameterError`.
    """
    flow = flow or load_flow(entry.entrypoint, folder, of_prefect=True)
    schema = parameter_schema(flow)
    _check_given(entry, schema)
    kind, info = checked_version_type(entry.version_type), git_info(folder) or {}
    commit = str(info.get("commit_sha", ""))[:12] if kind == GIT else ""
    return DeploymentSpec(
        name=entry.name,
        flow_name=flow.name,
        entrypoint=_complete(entry.entrypoint, flow),
        path=str(Path(folder).absolute()),
        version=entry.version or commit or flow.version,
        version_type=kind,
        version_info=info,
        description=entry.description or flow.description,
        parameters=entry.parameters,
        parameter_openapi_schema=schema,
        enforce_parameter_schema=entry.enforce_parameter_schema,
        tags=entry.tags,
        paused=entry.paused,
        work_pool_name=entry.work_pool_name,
        work_queue_name=entry.work_queue_name if entry.work_pool_name is not None else None,
        job_variables=entry.job_variables,
        schedules=entry.schedules,
        concurrency_limit=entry.concurrency_limit,
        collision_strategy=entry.collision_strategy,
        grace_period_seconds=entry.grace_period_seconds,
        pull_steps=None if entry.pull is None else tuple(step.as_json() for step in entry.pull),
        retries=flow.retries,
        retry_delay_seconds=flow.delays[0] if flow.retries and flow.delays else 0.0,
        created_by="deploy",
    )


def _complete(entrypoint: str, flow: "Flow[..., Any]") -> str:
    """`file.py` with the flow's function, so that a second flow in the file changes nothing later."""
    place, attribute = split_entrypoint(entrypoint)
    return entrypoint if attribute or not place.endswith(".py") else f"{place}:{flow.fn.__name__}"


def _check_given(entry: DeploymentEntry, schema: dict[str, Any]) -> None:
    """The parameters of the deployment, and those of each schedule laid over them.

    What a run may still give is not missing; but a schedule's runs are started by nobody who could give it.
    """
    if not entry.enforce_parameter_schema:
        return
    problems = parameter_problems(schema, entry.parameters, partial=True)
    for schedule in () if problems else entry.schedules or ():
        values = {**entry.parameters, **schedule.parameters}
        problems = parameter_problems(schema, values, partial=not schedule.active)
        problems = {where: f"{problem}, in a schedule" for where, problem in problems.items()}
        if problems:
            break
    if problems:
        raise ParameterError(" ".join(f"Parameter {where} {problem}." for where, problem in problems.items()))


def _flow_names(file: DeploymentFile) -> Callable[[DeploymentEntry], str]:
    """The name of an entry's flow, loading each flow at most once, and only when a name asks for it."""
    known: dict[str, str] = {}

    def name_of(entry: DeploymentEntry) -> str:
        if entry.entrypoint not in known:
            known[entry.entrypoint] = load_flow(entry.entrypoint, file.folder, of_prefect=True).name
        return known[entry.entrypoint]

    return name_of


def _is_meant(name: str, entry: DeploymentEntry, flow_of: Callable[[DeploymentEntry], str]) -> bool:
    flow_part, slash, own_part = name.rpartition("/")
    if not fnmatchcase(entry.name, own_part):
        return False
    return not slash or fnmatchcase(flow_of(entry), flow_part)
