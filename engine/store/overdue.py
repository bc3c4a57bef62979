"""What becomes of runs that nobody has started in time: they are late, and some of them are not run any more."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.orchestration.rules import Facts, decide
from flowtui.engine.schedules.catch_up import MOST_CAUGHT_UP, CatchUp, catch_up_from, left_out
from flowtui.engine.states import Late, State, StateType
from flowtui.engine.store.database import Database
from flowtui.engine.store.planned_runs import BACKFILL
from flowtui.engine.store.rows import state_of
from flowtui.engine.store.tables import deployment_schedule, flow_run, run_queue
from flowtui.engine.store.transitions import lock_run, write_state

__all__ = ["AT_ONCE", "late", "mark_late", "missed", "skip_missed", "skip_some"]

_NOT_STARTED: Final = ("Scheduled", "Late")
"""A run that waits for a slot of its deployment has been offered to a worker: it was not missed."""
_SCHEDULES_AT_ONCE: Final = 50
AT_ONCE: Final = 200
"""Runs of one transaction: 100 ms."""
_PROMPT: Final = 1_000_000
"""Microseconds within which no policy looks at a run: the shortest span that one can have."""


def late(database: Database, connection: sa.Connection, grace: timedelta) -> Sequence[str]:
    """Scheduled runs that nobody has taken `grace` after their time, and of which that is not said yet."""
    since = database.now(connection) - grace // timedelta(microseconds=1)
    query = (
        sa.select(run_queue.c.flow_run_id)
        .join(flow_run, flow_run.c.id == run_queue.c.flow_run_id)
        .where(
            sa.func.coalesce(flow_run.c.created_by, "") != BACKFILL,  # those have no time to be late for
            run_queue.c.state_type == StateType.SCHEDULED.value,
            run_queue.c.state_name.notin_(("Late", "AwaitingConcurrencySlot")),
            run_queue.c.owner.is_(None),
            run_queue.c.due < since,
        )
        .limit(AT_ONCE)
    )
    return connection.execute(query).scalars().all()


def mark_late(database: Database, connection: sa.Connection, grace: timedelta) -> int:
    """Those become Late; answers how many."""
    now = database.now(connection)
    marked = 0
    for run_id in late(database, connection, grace):
        row = lock_run(database, connection, run_id)
        old = state_of(row)
        facts = Facts(now=from_micros(now), owned=False, by_owner=False, can_restart=row.deployment_id is not None)
        new = Late(from_micros(row.expected_start), message="Nobody has started it.")
        if decide(old, new, facts).status == "ACCEPT":
            write_state(database, connection, row, old, new, keep_owner=False)
            marked += 1
    return marked


def missed(database: Database, connection: sa.Connection) -> Sequence[str]:
    """Schedules with due runs that are not to be made up for, by what each is to do about such."""
    now = database.now(connection)
    oldest, count = sa.func.min(flow_run.c.expected_start), sa.func.count()
    query = (
        _overdue(flow_run.c.schedule_id, deployment_schedule.c.catch_up, oldest, count)
        .where(run_queue.c.due <= now - _PROMPT)
        .group_by(flow_run.c.schedule_id, deployment_schedule.c.catch_up)
    )
    return [
        schedule_id
        for schedule_id, policy, first, number in connection.execute(query)
        if _leaves_out(catch_up_from(policy), now - first, number)
    ]


def skip_missed(database: Database, connection: sa.Connection) -> int:
    """End those runs, some at a time; answers how many."""
    wanted = missed(database, connection)[:_SCHEDULES_AT_ONCE]
    return len(_skip(database, connection, wanted, database.now(connection)))


def skip_some(database: Database, connection: sa.Connection, run_ids: Collection[str], now: int) -> set[str]:
    """The same for the schedules of these runs, which a worker is about to take; answers which runs were ended."""
    if not run_ids:
        return set()
    query = _overdue(flow_run.c.schedule_id).where(flow_run.c.id.in_(list(run_ids)), run_queue.c.due <= now - _PROMPT)
    return _skip(database, connection, set(connection.execute(query).scalars()), now)


def _leaves_out(policy: CatchUp, age: int, number: int) -> bool:
    """Whether there may be something to leave out, from the age of the oldest of so many due runs."""
    if policy.policy == "all":
        return number > MOST_CAUGHT_UP
    too_old = timedelta(microseconds=age) > policy.tolerance
    return (too_old and (number > 1 or policy.policy != "latest")) or number > MOST_CAUGHT_UP


def _overdue(*columns: Any) -> sa.Select[Any]:
    """Due runs that schedules have planned and nobody has taken."""
    return (
        sa.select(*columns)
        .select_from(run_queue)
        .join(flow_run, flow_run.c.id == run_queue.c.flow_run_id)
        .join(deployment_schedule, deployment_schedule.c.id == flow_run.c.schedule_id)
        .where(
            run_queue.c.state_type == StateType.SCHEDULED.value,
            run_queue.c.state_name.in_(_NOT_STARTED),
            run_queue.c.owner.is_(None),
            flow_run.c.auto_scheduled.is_(True),
        )
    )


def _skip(database: Database, connection: sa.Connection, schedule_ids: Collection[str], now: int) -> set[str]:
    if not schedule_ids:
        return set()
    columns = (flow_run.c.id, flow_run.c.schedule_id, flow_run.c.expected_start, deployment_schedule.c.catch_up)
    mine = deployment_schedule.c.deployment_id == run_queue.c.deployment_id  # so that the index on it is used
    due = _overdue(*columns).where(flow_run.c.schedule_id.in_(list(schedule_ids)), mine, run_queue.c.due <= now)
    by_schedule: dict[str, list[sa.Row[Any]]] = {}
    for row in connection.execute(due.order_by(flow_run.c.expected_start)):
        by_schedule.setdefault(row.schedule_id, []).append(row)
    reasons = {run_id: why for rows in by_schedule.values() for run_id, why in _reasons(rows, now)}
    free = _free(database, connection, list(reasons)[:AT_ONCE])
    for run_id in free:
        row = lock_run(database, connection, run_id)
        state = State(type=StateType.CANCELLED, name="Skipped", message=f"Not run: {reasons[run_id]}")
        write_state(database, connection, row, state_of(row), state, keep_owner=False)
    return set(free)


def _reasons(rows: Sequence[sa.Row[Any]], now: int) -> Iterable[tuple[str, str]]:
    """The runs of one schedule that are left out, and why."""
    instants = {from_micros(row.expected_start): row.id for row in rows}
    out = left_out(catch_up_from(rows[0].catch_up), list(instants), from_micros(now))
    return [(instants[moment], reason) for moment, reason in out.items()]


def _free(database: Database, connection: sa.Connection, run_ids: Sequence[str]) -> Sequence[str]:
    """Those that nobody else is at, held until this transaction ends."""
    if database.is_sqlite or not run_ids:
        return run_ids
    query = _overdue(flow_run.c.id).where(flow_run.c.id.in_(run_ids))
    return connection.execute(query.with_for_update(of=(flow_run, run_queue), skip_locked=True)).scalars().all()
