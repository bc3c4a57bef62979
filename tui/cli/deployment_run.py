"""`flowtui deployment run`: create a run of a deployment, now or later, and watch it if asked."""

import time
from typing import Annotated

from cyclopts import Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.model import FlowRun
from flowtui.tui import formats
from flowtui.tui.cli.deploy_options import job_variables
from flowtui.tui.cli.find import find_deployment
from flowtui.tui.cli.output import Output, narrate, print_json
from flowtui.tui.cli.values import parse_pairs, parse_when

__all__ = ["run"]

_RETRYABLE = 3


def run(
    deployment: str,
    /,
    *,
    param: Annotated[list[str] | None, Parameter(name=["--param", "-p"], metavar="NAME=VALUE", negative="")] = None,
    params: str | None = None,
    start_in: str | None = None,
    start_at: str | None = None,
    tag: Annotated[list[str] | None, Parameter(name=["--tag", "-t"], negative="")] = None,
    job_variable: Annotated[
        list[str] | None, Parameter(name=["--job-variable"], metavar="NAME=VALUE", negative="")
    ] = None,
    work_queue: Annotated[str | None, Parameter(name=["--work-queue", "-q"])] = None,
    flow_run_name: str | None = None,
    watch: Annotated[bool, Parameter(negative="")] = False,
    watch_timeout: float | None = None,
    output: Output = "table",
) -> int:
    """Start a run of a deployment. A worker runs it; this command only asks for it, unless it watches.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    param
        name=value, as often as needed. A value is read as JSON when it is JSON, else as text.
    params
        Parameters as one JSON object.
    start_in
        Start after this time: 10m, 2 hours.
    start_at
        Start at this time: 15:00, tomorrow 09:00, 2026-11-20T15:00.
    tag
        A tag for the run, as often as needed.
    job_variable
        name=value for the pool's job template, as often as needed; or a JSON object.
    work_queue
        Another queue of its pool than the deployment's.
    flow_run_name
        A name for the run instead of two random words.
    watch
        Print its log until it has ended. Then the exit code is 0 when it completed, else 1.
    watch_timeout
        Stop watching after this many seconds, with exit code 3. The run goes on.
    """
    client = current_client()
    found = find_deployment(client, deployment)
    created = client.run_deployment(
        found.id,
        parameters=parse_pairs(param or (), found.parameter_openapi_schema, params),
        scheduled_time=parse_when(start_in, start_at),
        name=flow_run_name,
        tags=tag or (),
        created_by="command line",
        job_variables=job_variables(job_variable or ()),
        work_queue_name=work_queue,
    )
    narrate(f"Created flow run {created.name!r} of {found.full_name}{_when(created)}.")
    _warn_when_nobody_runs(client, created)
    if watch:
        return _watch(client, created, watch_timeout, output)
    if output == "json":
        print_json(wire.flow_run_json(created))
    return 0


def _when(run: FlowRun) -> str:
    due = run.expected_start_time
    if due is None or due <= utc_now():
        return ""
    return f", due {formats.until(due, utc_now())}"


def _warn_when_nobody_runs(client: Client, run: FlowRun) -> None:
    """A run that nobody will start should not be waited for in silence."""
    pool = run.work_pool_name
    if pool is None:
        narrate("It is run by the process that serves the deployment, if there is one now.")
    elif pool != "local":
        if client.read_work_pool(pool).status == "NOT_READY":
            narrate(f"No worker serves pool {pool!r} now. Start one with: flowtui worker start --pool {pool}")
    elif client.read_work_pool(pool).status == "NOT_READY":
        narrate("Nobody runs flows on this store now: it starts when flowtui is opened, or with: flowtui server start")


def _watch(client: Client, run: FlowRun, timeout: float | None, output: str) -> int:
    from flowtui.tui.cli.flow_run_watch import follow_run  # noqa: PLC0415 - only watching prints logs

    ended = follow_run(client, run, None if timeout is None else time.monotonic() + timeout)
    if output == "json":
        print_json(wire.flow_run_json(ended))
    if not ended.state.is_final():
        narrate(f"Flow run {ended.name!r} is still {ended.state.name}; it goes on without being watched.")
        return _RETRYABLE
    narrate(f"Flow run {ended.name!r} ended in state {ended.state}.")
    return 0 if ended.state.is_completed() else 1
