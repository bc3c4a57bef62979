"""`flowtui flow-run retry`: run a finished run again, by a worker or here; or say what that would do."""

from datetime import UTC
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flowtui.engine import bulk, wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.states import AwaitingRetry
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.flow_run_bulk import DryRun, Limit, Yes, in_bulk, is_one
from flowtui.tui.cli.output import Column, Output, narrate, print_json, print_table, state_cell

__all__ = ["retry", "run_here"]


def retry(
    *runs: str,
    entrypoint: str | None = None,
    plan: Annotated[bool, Parameter(negative="")] = False,
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
    """
    client = current_client()
    if not is_one(client, runs) or dry_run:
        if plan or entrypoint is not None:
            raise UsageError("--plan and --entrypoint are for one run; name it by its id or its name.")
        return in_bulk(client, runs, bulk.retry(), dry_run=dry_run, yes=yes, limit=limit, output=output)
    found = find_flow_run(client, runs[0])
    if plan:
        return _plan(client, found, output)
    if not found.state.is_final():
        _check_its_process_is_gone(found, entrypoint)
    if entrypoint is not None:
        return run_here(client, found, entrypoint, output)
    answer = client.set_flow_run_state(found.id, AwaitingRetry())
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


def _plan(client: Client, found: FlowRun, output: str) -> int:
    from flowtui.engine.runs.retry_plan import retry_plan  # noqa: PLC0415 - loads with the run machinery

    tasks = retry_plan(client, found.id).tasks
    if output == "json":
        print_json([{**wire.task_run_json(task.run), "fate": task.fate, "reason": task.reason} for task in tasks])
        return 0
    rows = [(task.run.name, state_cell(task.run.state), task.fate, task.reason) for task in tasks]
    columns = (Column("TASK RUN"), Column("STATE"), Column("A RETRY"), Column("BECAUSE"))
    print_table(columns, rows, empty="It called no task; a retry runs it from its beginning.")
    return 0


def run_here(client: Client, found: FlowRun, entrypoint: str, output: str) -> int:
    """Take the run and run it in this process, with the flow of `file.py:flow`; answers with an exit code."""
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - only this way of retrying loads code
    from flowtui.engine.runs.execute import run_again_here  # noqa: PLC0415 - as above

    flow = load_flow(entrypoint, str(Path.cwd()))
    if flow.name != found.flow_name:
        raise UsageError(f"Flow run {found.name!r} is a run of {found.flow_name!r}, and {entrypoint} is {flow.name!r}.")
    state = run_again_here(found, flow)
    if output == "json":
        print_json(wire.flow_run_json(client.read_flow_run(found.id)))
    return 0 if state.is_completed() else 1
