"""`flowtui deploy`: from a deployment file, or from an entrypoint and options, to deployments."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flowtui.engine.errors import UsageError
from flowtui.tui.cli.output import Output, narrate, print_json

if TYPE_CHECKING:
    from flowtui.engine.deployments.entry import DeploymentEntry, DeploymentFile
    from flowtui.engine.model import Deployment, DeploymentSpec, ScheduleSpec

__all__ = ["deploy"]


def deploy(  # noqa: PLR0913 - one parameter for each option
    entrypoint: str | None = None,
    /,
    *,
    name: Annotated[list[str] | None, Parameter(name=["--name", "-n"], negative="")] = None,
    every_one: Annotated[bool, Parameter(name=["--all"], negative="")] = False,
    prefect_file: Annotated[Path | None, Parameter(name=["--prefect-file", "--file", "-f"])] = None,
    description: Annotated[str | None, Parameter(name=["--description", "-d"])] = None,
    version: Annotated[str | None, Parameter(name=["--version"])] = None,
    cron: str | None = None,
    interval: str | None = None,
    anchor_date: str | None = None,
    timezone: str | None = None,
    tag: Annotated[list[str] | None, Parameter(name=["--tag", "-t"], negative="")] = None,
    pool: Annotated[str | None, Parameter(name=["--pool", "-p"])] = None,
    param: Annotated[list[str] | None, Parameter(name=["--param"], metavar="NAME=VALUE", negative="")] = None,
    params: str | None = None,
    output: Output = "table",
) -> int:
    """Create or update deployments.

    Without an entrypoint they come from flowtui.yaml, or prefect.yaml, in this folder.

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
        A label for the version of its code.
    cron
        A schedule: "0 9 * * 1-5".
    interval
        A schedule: 15m, 900, 00:15:00 or PT15M.
    anchor_date
        From when the interval counts.
    timezone
        Whose wall clock the schedule follows: Europe/Berlin.
    tag
        A tag for its runs, as often as needed.
    pool
        The work pool.
    param
        name=value, as often as needed.
    params
        Parameters as one JSON object.
    """
    from flowtui.engine import wire  # noqa: PLC0415 - 300 ms of store and parameters that help need not pay
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - as above

    schedule = _schedule(cron, interval, anchor_date, timezone)
    changes: dict[str, Any] = {"description": description, "version": version, "work_pool_name": pool}
    changes = {field: value for field, value in changes.items() if value is not None}
    changes |= {"tags": tuple(dict.fromkeys(tag))} if tag else {}
    changes |= {"schedules": (schedule,)} if schedule else {}
    if entrypoint is not None:
        if every_one or prefect_file:
            raise UsageError(
                "An entrypoint makes one deployment; --all and --prefect-file belong to a deployment file."
            )
        specs = [_from_entrypoint(entrypoint, name, changes, param, params)]
    else:
        specs = _from_file(prefect_file, name or [], every_one, changes, (param or [], params))
    client = current_client()
    saved = [client.save_deployment(spec) for spec in specs]
    if output == "json":
        print_json([wire.deployment_json(deployment) for deployment in saved])
    _narrate(saved)
    return 0


def _schedule(
    cron: str | None, interval: str | None, anchor_date: str | None, timezone: str | None
) -> "ScheduleSpec | None":
    from flowtui.engine.durations import parse_duration  # noqa: PLC0415 - help need not pay
    from flowtui.engine.model import ScheduleSpec  # noqa: PLC0415 - as above
    from flowtui.engine.schedules import schedule_from_json, validate_schedule  # noqa: PLC0415 - as above

    if cron and interval:
        raise UsageError("Give --cron or --interval, not both.")
    if not cron and not interval:
        if timezone or anchor_date:
            raise UsageError("--timezone and --anchor-date belong to --cron or --interval.")
        return None
    data: dict[str, Any] = {"timezone": timezone, "anchor_date": anchor_date}
    data |= {"cron": cron} if cron else {"interval": parse_duration(interval or "").total_seconds()}
    schedule = schedule_from_json(data)
    validate_schedule(schedule)
    return ScheduleSpec(schedule=schedule)


def _from_entrypoint(
    entrypoint: str, names: Sequence[str] | None, changes: dict[str, Any], param: list[str] | None, params: str | None
) -> "DeploymentSpec":
    from flowtui.engine.deployments.deploy import build_spec  # noqa: PLC0415 - loads the user's code
    from flowtui.engine.deployments.entry import DeploymentEntry  # noqa: PLC0415 - as above
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - as above

    if names is not None and len(names) != 1:
        raise UsageError("An entrypoint makes one deployment; give one --name.")
    folder = str(Path.cwd())
    flow = load_flow(entrypoint, folder)
    entry = replace(DeploymentEntry(name=names[0] if names else "default", entrypoint=entrypoint), **changes)
    return build_spec(_with_parameters(entry, flow, (param or [], params)), folder, flow)


def _with_parameters(entry: "DeploymentEntry", flow: Any, given: tuple[list[str], str | None]) -> "DeploymentEntry":
    from flowtui.engine.deployments.parameters import parameter_schema  # noqa: PLC0415 - pydantic, 68 ms
    from flowtui.tui.cli.values import parse_pairs  # noqa: PLC0415 - as above

    pairs, whole = given
    if not pairs and whole is None:
        return entry
    return replace(entry, parameters={**entry.parameters, **parse_pairs(pairs, parameter_schema(flow), whole)})


def _from_file(
    path: Path | None,
    names: list[str],
    every_one: bool,
    changes: dict[str, Any],
    given: tuple[list[str], str | None],
) -> list["DeploymentSpec"]:
    from flowtui.engine.deployments.deploy import choose_entries, specs_of  # noqa: PLC0415 - loads the user's code
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - as above

    file = _read(path)
    for note in file.notes:
        narrate(f"note: {note}")
    entries = choose_entries(file, names)
    if not entries:
        raise UsageError(f"{file.shown} holds no deployments.")
    if len(entries) > 1 and not names and not every_one:
        there = ", ".join(entry.name for entry in entries)
        raise UsageError(f"{file.shown} holds {len(entries)} deployments: {there}. Name one with -n, or give --all.")
    if changes or given != ([], None):
        if len(entries) != 1:
            raise UsageError("Options that change a deployment need exactly one: name it with -n.")
        entries = (replace(entries[0], **changes),)
        if given != ([], None):
            flow = load_flow(entries[0].entrypoint, file.folder)
            entries = (_with_parameters(entries[0], flow, given),)
    return list(specs_of(file, entries))


def _read(path: Path | None) -> "DeploymentFile":
    from flowtui.engine.deployments.file import FILE_NAMES, find_deployment_file, read_deployment_file  # noqa: PLC0415 - YAML

    found = path or find_deployment_file(Path.cwd())
    if found is None:
        raise UsageError(
            f"There is no {' or '.join(FILE_NAMES[::2])} in {Path.cwd()}. "
            "Write one, or name a flow: flowtui deploy file.py:flow -n NAME"
        )
    return read_deployment_file(found)


def _narrate(saved: Sequence["Deployment"]) -> None:
    from flowtui.engine.schedules import describe  # noqa: PLC0415 - as above

    for deployment in saved:
        when = ", ".join(describe(schedule.schedule) for schedule in deployment.schedules if schedule.active)
        narrate(f"Deployed {deployment.full_name}" + (f", {when}." if when else "."))
        if deployment.work_pool_name != "local":
            narrate(f"note: its runs wait for a worker of pool {deployment.work_pool_name!r}; only 'local' is served.")
    if len(saved) == 1:
        narrate(f"Run it with: flowtui deployment run {saved[0].full_name}")
