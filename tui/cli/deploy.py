"""`flowtui deploy`: from a deployment file, from an entrypoint and options, or from answers, to deployments."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from flowtui.engine.errors import UsageError
from flowtui.tui.cli.deploy_options import Changes, job_variables, schedules_of
from flowtui.tui.cli.output import Output, narrate, print_json

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.deployments.entry import DeploymentEntry, DeploymentFile
    from flowtui.engine.model import Deployment, DeploymentSpec

__all__ = ["deploy"]

Many = list[str] | None


def deploy(  # noqa: PLR0913 - one parameter for each option
    entrypoint: str | None = None,
    /,
    *,
    name: Annotated[Many, Parameter(name=["--name", "-n"], negative="")] = None,
    every_one: Annotated[bool, Parameter(name=["--all"], negative="")] = False,
    prefect_file: Annotated[Path | None, Parameter(name=["--prefect-file", "--file", "-f"])] = None,
    description: Annotated[str | None, Parameter(name=["--description", "-d"])] = None,
    version: Annotated[str | None, Parameter(name=["--version"])] = None,
    version_type: str | None = None,
    cron: Annotated[Many, Parameter(name=["--cron"], negative="")] = None,
    interval: Annotated[Many, Parameter(name=["--interval"], negative="")] = None,
    rrule: Annotated[Many, Parameter(name=["--rrule"], negative="")] = None,
    anchor_date: str | None = None,
    timezone: str | None = None,
    tag: Annotated[Many, Parameter(name=["--tag", "-t"], negative="")] = None,
    pool: Annotated[str | None, Parameter(name=["--pool", "-p"])] = None,
    work_queue: Annotated[str | None, Parameter(name=["--work-queue", "-q"])] = None,
    job_variable: Annotated[Many, Parameter(name=["--job-variable"], metavar="NAME=VALUE", negative="")] = None,
    concurrency_limit: int | None = None,
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] | None = None,
    param: Annotated[Many, Parameter(name=["--param"], metavar="NAME=VALUE", negative="")] = None,
    params: str | None = None,
    enforce_parameter_schema: bool | None = None,
    trigger: Annotated[Many, Parameter(name=["--trigger"], negative="", show=False)] = None,
    sla: Annotated[Many, Parameter(name=["--sla"], negative="", show=False)] = None,
    output: Output = "table",
) -> int:
    """Create or update deployments.

    Without an entrypoint they come from flowtui.yaml, or prefect.yaml, in this folder. In a folder without such a file
    a terminal asks what to deploy.

    Parameters
    ----------
    entrypoint
        path/file.py:flow. Its deployment is called by --name, or "default".
    name
        Which deployments of the file: a name, flow/name, or a pattern such as etl/*; as often as needed.
    every_one
        All deployments of the file.
    prefect_file
        The deployment file, wherever it is.
    description
        What it is for.
    version
        A label for the version of its code. Default: the flow's.
    version_type
        vcs:git calls it by the commit that the folder is at; simple by its label.
    cron
        A schedule: "0 9 * * 1-5"; as often as needed, as the other two.
    interval
        A schedule: 15m, 900, 00:15:00 or PT15M.
    rrule
        A schedule: "FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9".
    anchor_date
        From when the interval counts.
    timezone
        Whose wall clock the schedules follow: Europe/Berlin.
    tag
        A tag for its runs, as often as needed.
    pool
        The work pool.
    work_queue
        The queue of the pool.
    job_variable
        name=value for the pool's job template, as often as needed; or a JSON object.
    concurrency_limit
        How many of its runs are carried out at once.
    collision_strategy
        What becomes of runs beyond that: they wait, or are cancelled.
    param
        name=value, as often as needed.
    params
        Parameters as one JSON object.
    enforce_parameter_schema
        Whether parameters have to fit the flow's signature.
    """
    if trigger or sla:
        raise UsageError(f"There is no --{'trigger' if trigger else 'sla'} yet: flowtui has no automations so far.")
    fields: dict[str, Any] = {
        "description": description,
        "version": version,
        "version_type": version_type,
        "work_pool_name": pool,
        "work_queue_name": work_queue,
        "concurrency_limit": concurrency_limit,
        "collision_strategy": collision_strategy,
        "enforce_parameter_schema": enforce_parameter_schema,
        "tags": tuple(dict.fromkeys(tag)) if tag else None,
        "schedules": schedules_of(cron or (), interval or (), rrule or (), anchor_date=anchor_date, timezone=timezone)
        or None,
    }
    changes = Changes(
        fields={key: value for key, value in fields.items() if value is not None},
        job_variables=job_variables(job_variable or ()),
        pairs=tuple(param or ()),
        params=params,
    )
    if concurrency_limit is not None and concurrency_limit < 1:
        raise UsageError("--concurrency-limit is the number of runs that are carried out at once, 1 or more.")
    if entrypoint is not None:
        if every_one or prefect_file:
            raise UsageError(
                "An entrypoint makes one deployment; --all and --prefect-file belong to a deployment file."
            )
        return _from_entrypoint(entrypoint, name, changes, output)
    return _from_file(prefect_file, name or [], every_one, changes, output)


def _from_entrypoint(entrypoint: str, names: Sequence[str] | None, changes: Changes, output: str) -> int:
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - 300 ms that help need not pay
    from flowtui.engine.deployments.deploy import build_spec, check_place  # noqa: PLC0415 - loads the user's code
    from flowtui.engine.deployments.entry import DeploymentEntry  # noqa: PLC0415 - as above

    if names is not None and len(names) != 1:
        raise UsageError("An entrypoint makes one deployment; give one --name.")
    folder = str(Path.cwd())
    entry = DeploymentEntry(name=names[0] if names else "default", entrypoint=entrypoint)
    entry = changes.applied(entry, folder)
    client = current_client()
    spec = build_spec(entry, folder)
    check_place(client, spec.work_pool_name, spec.work_queue_name)
    return _save(client, [spec], output)


def _from_file(path: Path | None, names: list[str], every_one: bool, changes: Changes, output: str) -> int:
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - 300 ms that help need not pay
    from flowtui.engine.deployments.deploy import prepare  # noqa: PLC0415 - loads the user's code

    file = _read(path)
    if file is None or (not file.entries and path is None and not names):
        if names or every_one or changes or not _can_ask():
            raise UsageError(_nothing_to_deploy(file))
        from flowtui.tui.cli.deploy_wizard import deploy_by_answers  # noqa: PLC0415 - only where somebody is asked

        return deploy_by_answers(lambda client, specs: _save(client, specs, output))
    for note in file.notes:
        narrate(f"note: {note}")
    entries = _chosen(file, names, every_one)
    if changes and len(entries) != 1:
        raise UsageError("Options that change a deployment need exactly one: name it with -n.")
    client = current_client()
    specs = prepare(
        client, file, entries, hearer=narrate, change=lambda entry: changes.applied(entry, file.folder)
    )  # fmt: skip
    return _save(client, specs, output)


def _chosen(file: "DeploymentFile", names: list[str], every_one: bool) -> "tuple[DeploymentEntry, ...]":
    """Which deployments of the file are meant; a terminal is asked where nobody has said."""
    from flowtui.engine.deployments.deploy import choose_entries  # noqa: PLC0415 - loads the user's code

    entries = choose_entries(file, names)
    if not entries:
        raise UsageError(f"{file.shown} holds no deployments.")
    if len(entries) == 1 or names or every_one:
        return entries
    if _can_ask():
        from flowtui.tui.cli.questions import TerminalAsker  # noqa: PLC0415 - only where somebody is asked

        choices = [f"{entry.name}  ({entry.entrypoint})" for entry in entries]
        number = TerminalAsker().choose("Which deployment?", [*choices, "all of them"], default=len(choices))
        return entries if number == len(choices) else (entries[number],)
    there = ", ".join(entry.name for entry in entries)
    raise UsageError(f"{file.shown} holds {len(entries)} deployments: {there}. Name one with -n, or give --all.")


def _read(path: Path | None) -> "DeploymentFile | None":
    from flowtui.engine.deployments.file import find_deployment_file, read_deployment_file  # noqa: PLC0415 - YAML

    found = path or find_deployment_file(Path.cwd())
    return None if found is None else read_deployment_file(found)


def _nothing_to_deploy(file: "DeploymentFile | None") -> str:
    if file is not None:
        return f"{file.shown} holds no deployments."
    from flowtui.engine.deployments.file import FILE_NAMES  # noqa: PLC0415 - YAML

    return (
        f"There is no {' or '.join(FILE_NAMES[::2])} in {Path.cwd()}. "
        "Write one with: flowtui init, or name a flow: flowtui deploy file.py:flow -n NAME"
    )


def _can_ask() -> bool:
    from flowtui.tui.cli.questions import can_ask  # noqa: PLC0415 - only where somebody may be asked

    return can_ask()


def _save(client: "Client", specs: "Sequence[DeploymentSpec]", output: str) -> int:
    from flowtui.engine import wire  # noqa: PLC0415 - 300 ms of store and parameters that help need not pay

    saved = client.save_deployments(specs)
    if output == "json":
        print_json([wire.deployment_json(deployment) for deployment in saved])
    _narrate(client, saved)
    return 0


def _narrate(client: "Client", saved: Sequence["Deployment"]) -> None:
    from flowtui.engine.schedules.words import describe  # noqa: PLC0415 - as above

    for deployment in saved:
        when = ", ".join(describe(schedule.schedule) for schedule in deployment.schedules if schedule.active)
        narrate(f"Deployed {deployment.full_name}" + (f", {when}." if when else "."))
        if deployment.paused:
            narrate(f"note: it is paused. Resume it with: flowtui deployment resume {deployment.full_name}")
    for pool in dict.fromkeys(deployment.work_pool_name for deployment in saved):
        if pool not in (None, "local") and client.read_work_pool(str(pool)).status == "NOT_READY":
            narrate(f"note: no worker serves pool {pool!r} now. Start one with: flowtui worker start --pool {pool}")
    if len(saved) == 1:
        narrate(f"Run it with: flowtui deployment run {saved[0].full_name}")
