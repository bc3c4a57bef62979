"""What the server's services do to the store: plan runs ahead, tidy the logs."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.errors import ScheduleError
from flowtui.engine.model import NewFlowRun
from flowtui.engine.schedules.planning import Plan, plan
from flowtui.engine.schedules.reach import Reach
from flowtui.engine.states import StateType
from flowtui.engine.store.database import Database
from flowtui.engine.store.log_chunks import merge_chunks
from flowtui.engine.store.planned_runs import create_planned, planned_run
from flowtui.engine.store.rows import instant, micros
from flowtui.engine.store.schedules import schedule_of
from flowtui.engine.store.tables import deployment, deployment_schedule, flow, flow_run, log_chunk, run_queue

__all__ = ["compact_logs", "plan_ahead", "scattered_logs"]

Call = Callable[[Callable[[sa.Connection], int]], int]
"""Runs a piece of work in a transaction that may write, and answers what it answers."""

_log = logging.getLogger("flowtui.store")
_PLANNED: Final = "Planned by its schedule."
_AT_ONCE: Final = 50
"""Schedules of one transaction: with ten runs each, it takes 50 ms."""
_AT_MOST_SECONDS: Final = 2.0
_AN_HOUR: Final = timedelta(hours=1)


def plan_ahead(database: Database, call: Call, reach: Reach, deployment_id: str | None = None) -> int:
    """Make the runs of those schedules that have something to do (of one deployment, or of all); answers how many.

    Only those are looked at whose `next_plan` has come. What becomes runs is decided outside any transaction; `call`
    runs a piece of work in a short one, which writes only where the schedule is still what was read. So any number of
    planners may be at work, and none makes an instant twice.
    """
    made, seen, deadline = 0, set[str](), time.monotonic() + _AT_MOST_SECONDS
    while True:
        with database.read() as connection:
            now = database.now(connection)
            rows = [row for row in _due(connection, now, deployment_id) if row.id not in seen]
            if not rows:
                return made
            waiting = _waiting(connection, [row.id for row in rows], {row.deployment_id for row in rows}, now)
        plans = [(row, _decide(row, waiting.get(row.id, 0), from_micros(now), reach)) for row in rows]
        made += call(partial(_carry_out, database, plans))
        seen.update(row.id for row in rows)
        if time.monotonic() > deadline:
            return made


def _due(connection: sa.Connection, now: int, deployment_id: str | None) -> Sequence[sa.Row[Any]]:
    query = (
        sa.select(deployment_schedule)
        .join(deployment, deployment.c.id == deployment_schedule.c.deployment_id)
        .where(
            deployment_schedule.c.next_plan <= now,
            deployment_schedule.c.active.is_(True),
            deployment.c.paused.is_(False),
        )
        .order_by(deployment_schedule.c.next_plan)
        .limit(_AT_ONCE)
    )
    if deployment_id is not None:
        query = query.where(deployment_schedule.c.deployment_id == deployment_id)
    return connection.execute(query).all()


def _waiting(
    connection: sa.Connection, schedule_ids: Sequence[str], deployment_ids: Collection[str], now: int
) -> dict[str, int]:
    """How many runs of each schedule are there already and not due yet."""
    query = (
        sa.select(flow_run.c.schedule_id, sa.func.count())
        .select_from(run_queue)
        .join(flow_run, flow_run.c.id == run_queue.c.flow_run_id)
        .where(
            run_queue.c.deployment_id.in_(list(deployment_ids)),
            run_queue.c.state_type == StateType.SCHEDULED.value,
            run_queue.c.due > now,
            flow_run.c.schedule_id.in_(list(schedule_ids)),
            flow_run.c.auto_scheduled.is_(True),
        )
        .group_by(flow_run.c.schedule_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _decide(row: sa.Row[Any], waiting: int, now: datetime, reach: Reach) -> Plan:
    until = instant(row.planned_until)
    try:
        schedule = schedule_of(row)
        return plan(schedule, planned_until=until, waiting=waiting, now=now, reach=reach, hash_id=row.deployment_id)
    except ScheduleError as error:  # it was valid when it was saved: a zone that is no more, perhaps
        _log.warning("Schedule %s cannot be planned: %s It is tried again in an hour.", row.id, error)
        return Plan(instants=(), planned_until=until or now, next_plan=now + _AN_HOUR)


def _carry_out(database: Database, plans: Sequence[tuple[sa.Row[Any], Plan]], connection: sa.Connection) -> int:
    """Write what was decided, where the schedule is still as it was read."""
    owners = _owners(connection, sorted({row.deployment_id for row, _ in plans}))
    by_flow: dict[str, list[NewFlowRun]] = {}
    for row, planned in plans:
        owner = owners.get(row.deployment_id)
        if owner is None or owner.paused or not _advance(connection, row, planned):
            continue
        runs = [planned_run(owner, row, fire, _PLANNED) for fire in planned.instants]
        if runs and planned.note:
            runs[0] = replace(runs[0], state=replace(runs[0].state, message=f"{_PLANNED} {planned.note}"))
        elif planned.note:
            _log.info("Schedule %s of %s: %s", row.id, owner.full_name, planned.note)
        by_flow.setdefault(owner.flow_id, []).extend(runs)
    return sum(create_planned(database, connection, flow_id, runs) for flow_id, runs in by_flow.items())


def _owners(connection: sa.Connection, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """The deployments, which nobody changes on PostgreSQL until this transaction ends."""
    query = (
        sa.select(deployment, flow.c.name.label("flow_name"))
        .join(flow, flow.c.id == deployment.c.flow_id)
        .where(deployment.c.id.in_(ids))
        .order_by(deployment.c.id)
        .with_for_update(read=True, of=deployment)
    )
    return {row.id: row for row in connection.execute(query)}


def _advance(connection: sa.Connection, row: sa.Row[Any], planned: Plan) -> bool:
    """Note how far it is planned; False when somebody has planned or changed it since it was read."""
    same = (
        deployment_schedule.c.id == row.id,
        deployment_schedule.c.schedule == row.schedule,
        deployment_schedule.c.parameters == row.parameters,
        deployment_schedule.c.active.is_(True),
        deployment_schedule.c.next_plan == row.next_plan,
        deployment_schedule.c.planned_until.is_not_distinct_from(row.planned_until),
    )
    values = {"planned_until": to_micros(planned.planned_until), "next_plan": micros(planned.next_plan)}
    return connection.execute(sa.update(deployment_schedule).where(*same).values(values)).rowcount == 1


def scattered_logs(connection: sa.Connection, limit: int) -> Sequence[str]:
    """Up to `limit` runs that have ended and whose lines are in many small chunks."""
    query = (
        sa.select(log_chunk.c.stream_id)
        .outerjoin(run_queue, run_queue.c.flow_run_id == log_chunk.c.stream_id)
        .where(run_queue.c.flow_run_id.is_(None), log_chunk.c.lines < 100)
        .group_by(log_chunk.c.stream_id)
        .having(sa.func.count() > 3)
        .limit(limit)
    )
    return connection.execute(query).scalars().all()


def compact_logs(connection: sa.Connection, limit: int) -> int:
    """Merge the log chunks of those runs; answers how many chunks went away."""
    return sum(merge_chunks(connection, stream_id) for stream_id in scattered_logs(connection, limit))
