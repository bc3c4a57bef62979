"""`flowtui flow-run retry`: run a finished run again, by a worker or here; or say what that would do."""

import statistics
from datetime import UTC
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flowtui.engine import bulk, wire
from flowtui.engine.amendments import NO_EDITS, RetryEdits
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.tui import formats
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.flow_run_bulk import DryRun, Limit, Yes, in_bulk, is_one
from flowtui.tui.cli.output import Column, Output, narrate, print_json, print_table, state_cell
from flowtui.tui.cli.retry_edits import edits_of
from flowtui.tui.retrying.draft import estimate

__all__ = ["retry", "run_here"]


def retry(
    *runs: str,
    entrypoint: str | None = None,
    plan: Annotated[bool, Parameter(negative="")] = False,
    rerun: Annotated[list[str] | None, Parameter(negative="")] = None,
    inputs: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    parameters: Annotated[list[str] | None, Parameter(name=["--param", "-p"], negative="")] = None,
    limit: Limit = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """Run finished flow runs again, under the same id. Completed tasks are not repeated if their results were kept.

    One whose process was killed is run again here, with --entrypoint, as soon as its lease is over.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'state:failed since:1h'.
    entrypoint
        Run it here, in this process, with the flow of this file.py:flow. Needed for a run without a deployment.
    plan
        Change nothing; list the tasks with what would become of each, and why.
    rerun
        A task run that runs again although its result is kept, and with it all that depends on it.
    inputs
        An input of a task run that is another one from now on: 'get_stars-1.repo="acme/tool"'.
    parameters
        A parameter of the flow that is another one from now on: 'limit=10'.
    """
    client = current_client()
    if not is_one(client, runs) or dry_run:
        if plan or entrypoint is not None or rerun or inputs or parameters:
            raise UsageError("--plan, --entrypoint and edits are for one run; name it by its id or its name.")
        return in_bulk(client, runs, bulk.retry(), dry_run=dry_run, yes=yes, limit=limit, output=output)
    found = find_flow_run(client, runs[0])
    edits = edits_of(client, found, rerun or (), inputs or (), parameters or ())
    if plan:
        return _plan(client, found, edits, output)
    if not found.state.is_final():
        _check_its_process_is_gone(found, entrypoint)
    if not edits.is_empty:
        edits = _with_followers(client, found, edits)
    if entrypoint is not None:
        return run_here(client, found, entrypoint, output, edits)
    answer = client.retry_flow_run(found.id, edits)
    if answer.status != "ACCEPT":
        narrate(f"flowtui: Flow run {found.name!r} is not retried: {answer.reason}.")
        return 1
    if output == "json":
        print_json(wire.flow_run_json(client.read_flow_run(found.id)))
    narrate(f"Flow run {found.name!r} will be run again.")
    return 0


def _check_its_process_is_gone(found: FlowRun, entrypoint: str | None) -> None:
    """Raise `UsageError` when the run has not ended, unless nobody but a dead process holds it and it can run here."""
    until = found.lease_until
    words = f"Flow run {found.name!r} has not ended: it is {found.state.name}."
    if until is None or found.state.is_suspended():
        raise UsageError(words)
    if until > utc_now():
        when = f"{until.astimezone(UTC):%H:%M:%S} UTC"
        raise UsageError(f"{words} If its process was killed, that is certain at {when}; try again then.")
    if entrypoint is None:
        raise UsageError(
            f"{words} Its process {found.owner} is gone; a server or the workstation will say Crashed. "
            "Without them, run it again here with: --entrypoint file.py:flow."
        )


def _with_followers(client: Client, found: FlowRun, edits: RetryEdits) -> RetryEdits:
    """What depends on what runs again, runs again too."""
    from flowtui.engine.runs.retry_plan import retry_plan  # noqa: PLC0415 - loads with the run machinery

    return retry_plan(client, found.id, edits).edits


def _plan(client: Client, found: FlowRun, edits: RetryEdits, output: str) -> int:
    from flowtui.engine.runs.retry_plan import retry_plan  # noqa: PLC0415 - loads with the run machinery

    plan = retry_plan(client, found.id, edits)
    tasks = plan.tasks
    if output == "json":
        print_json(
            [
                {
                    **wire.task_run_json(task.run),
                    "fate": task.fate,
                    "reason": task.reason,
                    "edited": dict(task.edited),
                }
                for task in tasks
            ]
        )
        return 0
    rows = [
        (f"{task.run.name}{' ✎' if task.edited else ''}", state_cell(task.run.state), task.fate, task.reason)
        for task in tasks
    ]
    usual = client.usual_seconds(found.flow_name)
    expected = estimate(statistics.median(usual) if usual else None, plan.seconds)
    if expected is not None:
        narrate(f"A retry takes about {formats.duration(expected[0])} instead of {formats.duration(expected[1])}.")
    columns = (Column("TASK RUN"), Column("STATE"), Column("A RETRY"), Column("BECAUSE"))
    print_table(columns, rows, empty="It called no task; a retry runs it from its beginning.")
    return 0


def run_here(client: Client, found: FlowRun, entrypoint: str, output: str, edits: RetryEdits = NO_EDITS) -> int:
    """Take the run and run it in this process, with the flow of `file.py:flow`; answers with an exit code."""
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - only this way of retrying loads code
    from flowtui.engine.runs.execute import run_again_here  # noqa: PLC0415 - as above

    flow = load_flow(entrypoint, str(Path.cwd()))
    if flow.name != found.flow_name:
        raise UsageError(f"Flow run {found.name!r} is a run of {found.flow_name!r}, and {entrypoint} is {flow.name!r}.")
    if not edits.is_empty:
        flow.parameters_for((), {**found.parameters, **edits.parameters})  # raises before anything is changed
        client.retry_flow_run(found.id, edits, here=True)
        found = client.read_flow_run(found.id)
    state = run_again_here(found, flow)
    if output == "json":
        print_json(wire.flow_run_json(client.read_flow_run(found.id)))
    return 0 if state.is_completed() else 1
