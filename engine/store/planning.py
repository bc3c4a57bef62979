"""What the server's services do to the store: plan runs ahead, mark the late ones, tidy the logs."""

from datetime import timedelta

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.errors import ScheduleError
from flowtui.engine.ids import new_slug
from flowtui.engine.model import NewFlowRun
from flowtui.engine.orchestration.rules import Facts, decide
from flowtui.engine.schedules.wire import schedule_from_json
from flowtui.engine.states import Late, Scheduled, StateType
from flowtui.engine.store.database import Database
from flowtui.engine.store.log_chunks import merge_chunks
from flowtui.engine.store.rows import load, state_of
from flowtui.engine.store.tables import deployment, deployment_schedule, flow, flow_run, log_chunk, run_queue
from flowtui.engine.store.transitions import create, lock_run, write_state

__all__ = ["compact_logs", "mark_late", "plan_ahead"]


def plan_ahead(database: Database, connection: sa.Connection, horizon: timedelta, per_schedule: int) -> int:
    """Make the runs of active schedules up to `horizon` ahead, at most `per_schedule` waiting for each.

    A run's idempotency key is (schedule, instant), so that no instant ever yields two runs, whoever plans.
    """
    now = database.now(connection)
    made = 0
    for row in connection.execute(_active_schedules()).all():
        waiting = connection.execute(
            sa.select(sa.func.count())
            .select_from(flow_run)
            .join(run_queue, run_queue.c.flow_run_id == flow_run.c.id)
            .where(flow_run.c.schedule_id == row.id, run_queue.c.state_type == StateType.SCHEDULED.value)
        ).scalar_one()
        made += _plan_one(database, connection, row, now, horizon, per_schedule - waiting)
    return made


def _active_schedules() -> sa.Select[tuple[object, ...]]:
    query: sa.Select[tuple[object, ...]] = (
        sa.select(
            deployment_schedule.c.id,
            deployment_schedule.c.schedule,
            deployment_schedule.c.planned_until,
            deployment_schedule.c.parameters.label("overrides"),
            deployment.c.id.label("deployment_id"),
            deployment.c.parameters,
            deployment.c.tags,
            deployment.c.work_pool_name,
            deployment.c.work_queue_name,
            deployment.c.version,
            deployment.c.retries,
            deployment.c.retry_delay,
            flow.c.name.label("flow_name"),
        )
        .join(deployment, deployment.c.id == deployment_schedule.c.deployment_id)
        .join(flow, flow.c.id == deployment.c.flow_id)
        .where(deployment_schedule.c.active.is_(True), deployment.c.paused.is_(False))
    )
    return query


def _plan_one(
    database: Database,
    connection: sa.Connection,
    row: sa.Row[tuple[object, ...]],
    now: int,
    horizon: timedelta,
    room: int,
) -> int:
    """Plan one schedule from where it was planned to; after a pause of the server, from now on."""
    if room <= 0:
        return 0
    start = from_micros(max(row.planned_until or now, now))
    try:
        fires = schedule_from_json(load(row.schedule)).next_fires(start, room, hash_id=row.deployment_id)
    except ScheduleError:  # it was valid when it was saved and has no further instant
        fires = []
    fires = [fire for fire in fires if fire <= from_micros(now) + horizon]
    for fire in fires:
        new = NewFlowRun(
            flow_name=row.flow_name,
            name=new_slug(),
            state=Scheduled(fire, message="Planned by its schedule."),
            parameters={**load(row.parameters), **load(row.overrides)},
            tags=tuple(load(row.tags)),
            deployment_id=row.deployment_id,
            work_pool_name=row.work_pool_name or None,
            work_queue_name=row.work_queue_name or None,
            deployment_version=row.version,
            retries=row.retries,
            retry_delay_seconds=row.retry_delay / 1_000_000,
            schedule_id=row.id,
            auto_scheduled=True,
            idempotency_key=f"schedule {row.id} {fire.isoformat()}",
            created_by="schedule",
        )
        create(database, connection, new)
    planned = to_micros(fires[-1]) if fires else row.planned_until or now
    if planned != row.planned_until:
        connection.execute(
            sa.update(deployment_schedule).where(deployment_schedule.c.id == row.id).values(planned_until=planned)
        )
    return len(fires)


def mark_late(database: Database, connection: sa.Connection, grace: timedelta) -> int:
    """Scheduled runs that nobody has taken `grace` after their time become Late."""
    now = database.now(connection)
    ids = connection.execute(
        sa.select(run_queue.c.flow_run_id)
        .where(
            run_queue.c.state_type == StateType.SCHEDULED.value,
            run_queue.c.state_name.notin_(("Late", "AwaitingConcurrencySlot")),
            run_queue.c.owner.is_(None),
            run_queue.c.due < now - grace // timedelta(microseconds=1),
        )
        .limit(500)
    ).scalars()
    marked = 0
    for run_id in ids.all():
        row = lock_run(database, connection, run_id)
        old = state_of(row)
        facts = Facts(now=from_micros(now), owned=False, by_owner=False, can_restart=row.deployment_id is not None)
        new = Late(from_micros(row.expected_start), message="Nobody has started it.")
        if decide(old, new, facts).status == "ACCEPT":
            write_state(database, connection, row, old, new, keep_owner=False)
            marked += 1
    return marked


def compact_logs(connection: sa.Connection, limit: int) -> int:
    """Merge the log chunks of runs that have ended; answers how many chunks went away."""
    streams = connection.execute(
        sa.select(log_chunk.c.stream_id)
        .outerjoin(run_queue, run_queue.c.flow_run_id == log_chunk.c.stream_id)
        .where(run_queue.c.flow_run_id.is_(None), log_chunk.c.lines < 100)
        .group_by(log_chunk.c.stream_id)
        .having(sa.func.count() > 3)
        .limit(limit)
    ).scalars()
    return sum(merge_chunks(connection, stream_id) for stream_id in streams.all())
