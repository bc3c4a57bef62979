"""The figures that screens show: what is going on now, what ended when, how long runs usually take."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.model import HourTally, RunCounts
from flowtui.engine.states import StateType
from flowtui.engine.store.rows import instant
from flowtui.engine.store.tables import flow, flow_run, run_queue, run_tally

__all__ = ["counts", "tallies", "usual_seconds"]

_DAY = 24 * 3_600_000_000
_HOUR = 3_600_000_000
_IS_LATE = run_queue.c.state_name == sa.literal_column("'Late'")  # a parameter would make it another one to group by


def counts(connection: sa.Connection, now: int) -> RunCounts:
    """Over the runs that have not ended, which are few, and the tally of the last 24 hours."""
    rows = connection.execute(
        sa.select(run_queue.c.state_type, _IS_LATE, sa.func.count()).group_by(run_queue.c.state_type, _IS_LATE)
    ).all()
    n = {(row[0], bool(row[1])): row[2] for row in rows}
    upcoming = connection.execute(
        sa.select(sa.func.min(run_queue.c.due)).where(
            run_queue.c.state_type == StateType.SCHEDULED.value, run_queue.c.due > now
        )
    ).scalar()
    bad = connection.execute(
        sa.select(sa.func.sum(run_tally.c.n)).where(
            run_tally.c.hour > now - _DAY,
            run_tally.c.state_type.in_([StateType.FAILED.value, StateType.CRASHED.value]),
        )
    ).scalar()
    return RunCounts(
        running=n.get(("RUNNING", False), 0),
        pending=n.get(("PENDING", False), 0),
        scheduled=n.get(("SCHEDULED", False), 0),
        late=n.get(("SCHEDULED", True), 0),
        paused=n.get(("PAUSED", False), 0),
        cancelling=n.get(("CANCELLING", False), 0),
        failed_today=int(bad or 0),
        next_start=instant(upcoming),
    )


def tallies(connection: sa.Connection, since: datetime) -> tuple[HourTally, ...]:
    """One per hour in which a run ended, oldest first."""
    rows = connection.execute(
        sa.select(run_tally)
        .where(run_tally.c.hour >= to_micros(since) // _HOUR * _HOUR, run_tally.c.n > 0)
        .order_by(run_tally.c.hour)
    ).all()
    hours: dict[int, dict[str, Any]] = {}
    for row in rows:
        hours.setdefault(row.hour, {})[row.state_type.lower()] = row.n
    return tuple(HourTally(hour=from_micros(hour), **n) for hour, n in hours.items())


def usual_seconds(connection: sa.Connection, flow_name: str, limit: int) -> tuple[float, ...]:
    """How long the last completed runs of a flow were running, newest first; their pauses, and the time until somebody
    retried them, are not what is usual."""
    rows = connection.execute(
        sa.select(flow_run.c.start_time, flow_run.c.end_time, flow_run.c.total_run_time)
        .join(flow, flow.c.id == flow_run.c.flow_id)
        .where(flow.c.name == flow_name, flow_run.c.state_type == StateType.COMPLETED.value)
        .order_by(flow_run.c.sort_time.desc())
        .limit(limit)
    )
    return tuple(
        (row.total_run_time or row.end_time - row.start_time) / 1_000_000
        for row in rows
        if row.start_time and row.end_time
    )
