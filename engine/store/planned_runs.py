"""Make the runs of schedules, many in few statements, and take back those that nobody has started."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.ids import new_id, new_slug
from flowtui.engine.model import NewFlowRun
from flowtui.engine.states import Scheduled, StateType
from flowtui.engine.store.bulk import insert_rows
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import EVENT_COLUMNS, event_values, load
from flowtui.engine.store.tables import event, flow_run, run_queue
from flowtui.engine.store.transitions import new_row

__all__ = ["BACKFILL", "create_planned", "drop_planned", "known_keys", "planned_run", "run_key"]

BACKFILL: Final = "backfill"
"""The tag, and the `created_by`, of runs that make up for instants of the past."""
_QUEUE: Final = "flow_run_id, pool, queue, deployment_id, due, state_type, state_name, epoch"
_AT_ONCE: Final = 500


def run_key(schedule_id: str, instant: datetime) -> str:
    """The idempotency key of an instant's run: no instant of a schedule ever yields two, whoever makes them."""
    return f"schedule {schedule_id} {instant.isoformat()}"


def planned_run(
    deployment: sa.Row[Any], schedule: sa.Row[Any], instant: datetime, message: str, *, backfill: bool = False
) -> NewFlowRun:
    """The run of an instant: what the deployment says, with the parameters of the schedule laid over it."""
    return NewFlowRun(
        flow_name=deployment.flow_name,
        name=new_slug(),
        state=Scheduled(instant, message=message),
        parameters={**load(deployment.parameters), **load(schedule.parameters)},
        tags=(*load(deployment.tags), *((BACKFILL,) if backfill else ())),
        deployment_id=deployment.id,
        work_pool_name=deployment.work_pool_name or None,
        work_queue_name=deployment.work_queue_name or None,
        deployment_version=deployment.version,
        retries=deployment.retries,
        retry_delay_seconds=deployment.retry_delay / 1_000_000,
        schedule_id=schedule.id,
        auto_scheduled=not backfill,
        idempotency_key=run_key(schedule.id, instant),
        created_by=BACKFILL if backfill else "schedule",
    )


def known_keys(connection: sa.Connection, flow_id: str, keys: Sequence[str]) -> set[str]:
    """Which of these idempotency keys are used already."""
    found: set[str] = set()
    remaining = iter(keys)
    while part := list(islice(remaining, _AT_ONCE)):
        query = sa.select(flow_run.c.idempotency_key).where(
            flow_run.c.flow_id == flow_id, flow_run.c.idempotency_key.in_(part)
        )
        found.update(connection.execute(query).scalars())
    return found


def create_planned(
    database: Database,
    connection: sa.Connection,
    flow_id: str,
    runs: Sequence[NewFlowRun],
    *,
    not_before: int | None = None,
) -> int:
    """Create Scheduled runs of one flow; those whose key was used before are there already. Answers how many are new.

    They may be taken from their time on, but not before `not_before`: so runs for the past do not go before all others.
    """
    now = database.now(connection)
    known = known_keys(connection, flow_id, [str(run.idempotency_key) for run in runs])
    rows = [new_row(run, new_id(), flow_id, now) for run in runs if run.idempotency_key not in known]
    states = {run.state.id: run.state for run in runs}
    if rows:
        names = list(rows[0])
        insert_rows(database, connection, flow_run, ", ".join(names), [tuple(row.values()) for row in rows])
        insert_rows(database, connection, run_queue, _QUEUE, [_queue_row(row, not_before or 0) for row in rows])
        events = [event_values("flow-run", row["id"], states[row["state_id"]], row["id"]) for row in rows]
        insert_rows(database, connection, event, EVENT_COLUMNS, events)
    return len(rows)


def _queue_row(row: dict[str, Any], not_before: int) -> tuple[Any, ...]:
    place = (row["work_pool_name"], row["work_queue_name"], row["deployment_id"])
    due = max(row["expected_start"], not_before)
    return (row["id"], *place, due, row["state_type"], row["state_name"], 0)


def drop_planned(
    database: Database,
    connection: sa.Connection,
    deployment_id: str,
    schedule_id: str | None = None,
    *,
    after: int | None = None,
) -> None:
    """Remove runs that schedules have planned and nobody has taken; with `after`, only those due later than that."""
    where = [
        run_queue.c.deployment_id == deployment_id,
        run_queue.c.state_type == StateType.SCHEDULED.value,
        run_queue.c.owner.is_(None),
        flow_run.c.auto_scheduled.is_(True),
        flow_run.c.run_count == 0,
    ]
    if schedule_id is not None:
        where.append(flow_run.c.schedule_id == schedule_id)
    if after is not None:
        where.append(flow_run.c.expected_start > after)
    query = sa.select(run_queue.c.flow_run_id).join(flow_run, flow_run.c.id == run_queue.c.flow_run_id).where(*where)
    if not database.is_sqlite:  # what a worker is just taking is taken
        query = query.with_for_update(of=(flow_run, run_queue), skip_locked=True)
    ids = iter(connection.execute(query).scalars().all())
    while part := list(islice(ids, _AT_ONCE)):
        connection.execute(sa.delete(run_queue).where(run_queue.c.flow_run_id.in_(part)))
        connection.execute(sa.delete(flow_run).where(flow_run.c.id.in_(part)))
