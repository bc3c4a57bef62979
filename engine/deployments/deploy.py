"""From the entries of a deployment file to deployments in the store."""

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowtui.engine.deployments.entry import DeploymentEntry, DeploymentFile
from flowtui.engine.deployments.entrypoint import load_flow, split_entrypoint
from flowtui.engine.deployments.parameters import parameter_problems, parameter_schema
from flowtui.engine.errors import DeploymentFileError, NotFound, ParameterError, UsageError
from flowtui.engine.model import Deployment, DeploymentSpec

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.flows import Flow

__all__ = ["build_spec", "choose_entries", "deploy_file", "specs_of"]


def deploy_file(client: "Client", file: DeploymentFile, names: Sequence[str] = ()) -> tuple[Deployment, ...]:
    """Save the chosen deployments of a file (all of them, when no name is given).

    All flows are loaded and all parameters checked before the first one is saved.
    """
    return tuple(client.save_deployment(spec) for spec in specs_of(file, choose_entries(file, names)))


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


def specs_of(file: DeploymentFile, entries: Iterable[DeploymentEntry]) -> tuple[DeploymentSpec, ...]:
    """What is saved for these entries. Raises `DeploymentFileError` at the entry whose flow or parameters are wrong."""
    specs = []
    for entry in entries:
        try:
            specs.append(build_spec(entry, file.folder))
        except UsageError as error:
            key = "parameters" if isinstance(error, ParameterError) else "entrypoint"
            raise DeploymentFileError(file.shown, entry.line, f"{entry.name}: {key}", str(error)) from error
    return tuple(specs)


def build_spec(entry: DeploymentEntry, folder: str, flow: "Flow[..., Any] | None" = None) -> DeploymentSpec:
    """The entry, completed from its flow, which is loaded unless it is given.

    Raises `EntrypointError` and, for given parameters that do not fit, `ParameterError`.
    """
    flow = flow or load_flow(entry.entrypoint, folder)
    schema = parameter_schema(flow)
    _check_given(entry, schema)
    return DeploymentSpec(
        name=entry.name,
        flow_name=flow.name,
        entrypoint=_complete(entry.entrypoint, flow),
        path=str(Path(folder).absolute()),
        version=entry.version or flow.version,
        description=entry.description or flow.description,
        parameters=entry.parameters,
        parameter_openapi_schema=schema,
        enforce_parameter_schema=entry.enforce_parameter_schema,
        tags=entry.tags,
        paused=entry.paused,
        work_pool_name=entry.work_pool_name,
        work_queue_name=entry.work_queue_name,
        job_variables=entry.job_variables,
        schedules=entry.schedules,
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
    for schedule in () if problems else entry.schedules:
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
            known[entry.entrypoint] = load_flow(entry.entrypoint, file.folder).name
        return known[entry.entrypoint]

    return name_of


def _is_meant(name: str, entry: DeploymentEntry, flow_of: Callable[[DeploymentEntry], str]) -> bool:
    flow_part, slash, own_part = name.rpartition("/")
    if not fnmatchcase(entry.name, own_part):
        return False
    return not slash or fnmatchcase(flow_of(entry), flow_part)
