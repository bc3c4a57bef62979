"""`flowtui flow serve`: keep a deployment of a flow and run what is due of it, in the foreground."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from flowtui.engine.errors import UsageError
from flowtui.tui.cli.deploy_options import schedules_of

__all__ = ["serve"]

Many = list[str] | None


def serve(  # noqa: PLR0913 - one parameter for each option
    entrypoint: str,
    /,
    *,
    name: Annotated[str | None, Parameter(name=["--name", "-n"])] = None,
    description: Annotated[str | None, Parameter(name=["--description", "-d"])] = None,
    version: Annotated[str | None, Parameter(name=["--version"])] = None,
    tag: Annotated[Many, Parameter(name=["--tag", "-t"], negative="")] = None,
    cron: Annotated[Many, Parameter(name=["--cron"], negative="")] = None,
    interval: Annotated[Many, Parameter(name=["--interval"], negative="")] = None,
    rrule: Annotated[Many, Parameter(name=["--rrule"], negative="")] = None,
    anchor_date: Annotated[str | None, Parameter(name=["--anchor-date", "--interval-anchor"])] = None,
    timezone: str | None = None,
    param: Annotated[Many, Parameter(name=["--param", "-p"], metavar="NAME=VALUE", negative="")] = None,
    params: str | None = None,
    limit: int | None = None,
    global_limit: int | None = None,
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE",
    pause_on_shutdown: bool = True,
) -> int:
    """Keep a deployment of a flow, and run what is due of it until Ctrl+C.

    Parameters
    ----------
    entrypoint
        path/file.py:flow, or file.py when it holds one flow, or module.flow.
    name
        What the deployment is called. Default: as the flow.
    description
        What it is for.
    version
        A label for the version of its code.
    tag
        A tag for its runs, as often as needed.
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
    param
        name=value, as often as needed.
    params
        Parameters as one JSON object.
    limit
        How many runs this process carries out at once.
    global_limit
        How many of its runs are carried out at once, whoever runs them.
    collision_strategy
        What becomes of runs beyond that: they wait, or are cancelled.
    pause_on_shutdown
        Whether the deployment is paused when this ends.
    """
    from flowtui.engine.deployments.arguments import ConcurrencyLimitConfig  # noqa: PLC0415 - help need not pay
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - loads the user's code
    from flowtui.engine.deployments.parameters import parameter_schema  # noqa: PLC0415 - pydantic, 68 ms
    from flowtui.engine.deployments.storage import FlowSource, LocalStorage  # noqa: PLC0415 - help need not pay
    from flowtui.tui.cli.values import parse_pairs  # noqa: PLC0415 - as above

    if limit is not None and limit < 1:
        raise UsageError("--limit is the number of runs that are carried out at once, 1 or more.")
    here = Path.cwd()
    flow = load_flow(entrypoint, str(here), of_prefect=True)
    flow.source = FlowSource(LocalStorage(here), entrypoint, here)
    schedules = schedules_of(cron or (), interval or (), rrule or (), anchor_date=anchor_date, timezone=timezone)
    flow.serve(
        name,
        description=description,
        version=version,
        tags=tag,
        schedules=schedules or None,
        parameters=parse_pairs(param or (), parameter_schema(flow), params),
        limit=limit,
        global_limit=ConcurrencyLimitConfig(global_limit, collision_strategy) if global_limit else None,
        pause_on_shutdown=pause_on_shutdown,
    )
    return 0
