"""How queues, workers and the runs of a work pool look in lists, and what its title says. Pure."""

from datetime import datetime, tzinfo
from typing import Final

from flowtui.engine.model import FlowRun
from flowtui.engine.pools import WorkerRecord, WorkPool, WorkQueue
from flowtui.tui.formats import ago, count, duration, moment, until
from flowtui.tui.run_cells import state_spans
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = [
    "POOL_RUN_COLUMNS",
    "QUEUE_COLUMNS",
    "STATUS_SPANS",
    "WORKER_COLUMNS",
    "pool_run_cells",
    "pool_title",
    "queue_cells",
    "slot_spans",
    "waiting_spans",
    "worker_cells",
]

QUEUE_COLUMNS: Final = (
    Column("QUEUE", 10, share=2, most=28),
    Column("STATUS", 12),
    Column("PRIORITY", 8, align="right", rank=2),
    Column("ACTIVE", 7, align="right"),
    Column("WAITING", 7, align="right", rank=1),
)
WORKER_COLUMNS: Final = (
    Column("WORKER", 10, share=2, most=28),
    Column("STATUS", 10),
    Column("RUNS", 6, align="right"),
    Column("QUEUES", 6, share=1, most=20, rank=2),
    Column("HEARD OF", 8, align="right", rank=1),
)
POOL_RUN_COLUMNS: Final = (
    Column("STATE", 13),
    Column("FLOW", 10, share=2, most=24, rank=2),
    Column("RUN", 12, share=2, most=28),
    Column("QUEUE", 8, share=1, most=16, rank=3),
    Column("SINCE", 9, align="right"),
)
STATUS_SPANS: Final = {
    "READY": ("● ready", "completed"),
    "NOT_READY": ("○ no worker", "late"),
    "PAUSED": ("⏸ paused", "paused"),
}


def slot_spans(active: int, limit: int | None) -> list[Span]:
    """`3/8`; the colour of what is late when none is left."""
    if limit is None:
        return [(count(active), "text" if active else "faint")]
    return [(f"{count(active)}/{count(limit)}", "late" if active >= limit else "text" if active else "muted")]


def waiting_spans(number: int) -> list[Span]:
    """How many runs are due and were not taken."""
    return [(count(number), "late" if number else "faint")]


def queue_cells(queue: WorkQueue) -> list[Cell]:
    """One cell for each of `QUEUE_COLUMNS`."""
    return [
        [(queue.name, "strong")],
        [STATUS_SPANS[queue.status]],
        [(str(queue.priority), "muted")],
        slot_spans(queue.active, queue.concurrency_limit),
        waiting_spans(queue.waiting),
    ]


def worker_cells(worker: WorkerRecord, now: datetime) -> list[Cell]:
    """One cell for each of `WORKER_COLUMNS`."""
    runs = f"{worker.running}" if worker.slots is None else f"{worker.running}/{worker.slots}"
    role = "text" if worker.online else "faint"
    return [
        [(worker.name, "strong" if worker.online else "faint")],
        [("● online", "completed") if worker.online else ("○ offline", "faint")],
        [(runs if worker.online else "–", role)],
        [(", ".join(worker.queues) or "all", "muted" if worker.online else "faint")],
        [(ago(worker.seen, now), "muted" if worker.online else "faint")],
    ]


def pool_run_cells(run: FlowRun, now: datetime) -> list[Cell]:
    """One cell for each of `POOL_RUN_COLUMNS`: for a run that waits, how long it has been due."""
    return [
        state_spans(run.state),
        [(run.flow_name, "text")],
        [(run.name, "strong")],
        [(run.work_queue_name or "", "muted")],
        _since(run, now),
    ]


def _since(run: FlowRun, now: datetime) -> list[Span]:
    if run.owner is not None or not run.state.is_scheduled():
        return [(duration(now - (run.start_time or run.state.timestamp)), "muted")]
    due = run.expected_start_time or run.created
    return [(until(due, now), "scheduled")] if due > now else [(f"due {ago(due, now)}", "late")]


def pool_title(pool: WorkPool, now: datetime, zone: tzinfo | None) -> list[Span]:
    """`Work pools › k8s   ⏸ paused since 13:40:00 · maintenance`."""
    spans: list[Span] = [("Pools › ", "muted"), (pool.name, "bold strong"), (f"  {pool.type}", "muted"), ("   ", "")]
    spans.append(STATUS_SPANS[pool.status])
    if pool.paused_since is not None:
        spans.append((f" since {moment(pool.paused_since, now, zone)}", "paused"))
        if pool.paused_note:
            spans.append((f" · {pool.paused_note}", "text"))
    if pool.concurrency_limit is not None:
        spans.append((f"   {count(pool.active)} of {count(pool.concurrency_limit)} slots taken", "muted"))
    return spans
