"""What the commands for work pools, queues and workers print alike: how each looks in a table, and their runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flowtui.engine import wire
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.pools import WorkerRecord, WorkPool, WorkQueue
from flowtui.tui import formats
from flowtui.tui.cli.output import Cell, Column, print_json, print_table, state_cell

__all__ = [
    "ahead",
    "heard",
    "limit_text",
    "print_holders",
    "print_workers",
    "show_waiting",
    "slots_text",
    "status_cell",
]

_STATUS = {
    "READY": Cell("● ready", "green"),
    "NOT_READY": Cell("○ no worker", "yellow"),
    "PAUSED": Cell("⏸ paused", "yellow"),
    "ONLINE": Cell("● online", "green"),
    "OFFLINE": Cell("○ offline", "dim"),
}


def status_cell(one: WorkPool | WorkQueue | WorkerRecord) -> Cell:
    """A mark and a word."""
    return _STATUS[one.status]


def slots_text(one: WorkPool | WorkQueue) -> str:
    """How many runs are in hand, of how many that may be: `3/8`, or `3` without a limit."""
    return f"{one.active}" if one.concurrency_limit is None else f"{one.active}/{one.concurrency_limit}"


def limit_text(limit: int | None) -> str:
    return "none" if limit is None else str(limit)


def ahead(hours: float) -> datetime:
    """The instant so many hours from now. Raises `UsageError` for one that there is not."""
    try:
        if hours >= 0:
            return utc_now() + timedelta(hours=hours)
    except (OverflowError, ValueError):
        pass
    raise UsageError(f"--hours is {hours:g}; look 0 or more hours ahead, and not beyond the calendar.")


def heard(worker: WorkerRecord) -> str:
    """When a worker was heard of last."""
    return f"{formats.ago(worker.seen, utc_now())} ago"


def print_workers(workers: Sequence[WorkerRecord], *, empty: str) -> None:
    rows = (
        (
            status_cell(one),
            one.name,
            one.pool_name,
            ", ".join(one.queues) or "all",
            f"{one.running}" if one.slots is None else f"{one.running}/{one.slots}",
            heard(one),
            f"{one.host}:{one.pid}",
        )
        for one in workers
    )
    columns = (
        Column("STATUS"),
        Column("WORKER"),
        Column("POOL"),
        Column("QUEUES"),
        Column("RUNNING", right=True),
        Column("HEARD OF", right=True),
        Column("PROCESS", wide_only=90),
    )
    print_table(columns, rows, empty=empty)


def print_holders(runs: Sequence[FlowRun]) -> None:
    """Who holds the slots of a pool or a queue."""
    now = utc_now()
    rows = (
        (
            state_cell(run.state),
            run.flow_name,
            run.name,
            formats.ago(run.start_time or run.state.timestamp, now),
            run.work_queue_name or "",
            run.worker_name or run.owner or "",
            Cell(run.id, "dim"),
        )
        for run in runs
    )
    columns = (
        Column("HELD BY"),
        Column("FLOW"),
        Column("RUN"),
        Column("FOR", right=True),
        Column("QUEUE"),
        Column("WORKER", wide_only=90),
        Column("ID", wide_only=120),
    )
    print_table(columns, rows, empty="Nobody holds a slot.")


def show_waiting(runs: Sequence[FlowRun], output: str, *, empty: str) -> None:
    """Runs that wait, the one that is handed out first at the top."""
    if output == "json":
        print_json([wire.flow_run_json(run) for run in runs])
        return
    now = utc_now()
    rows = (
        (
            state_cell(run.state),
            run.flow_name,
            run.name,
            formats.until(run.expected_start_time or run.created, now),
            run.work_queue_name or "",
            run.deployment_name or "",
            Cell(run.id, "dim"),
        )
        for run in runs
    )
    columns = (
        Column("STATE"),
        Column("FLOW"),
        Column("RUN"),
        Column("DUE", right=True),
        Column("QUEUE"),
        Column("DEPLOYMENT", wide_only=90),
        Column("ID", wide_only=120),
    )
    print_table(columns, rows, empty=empty)
