"""Hand due runs to a worker: in the order of queues and of time, within the limits, many in few statements."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.errors import NotFound
from flowtui.engine.model import Claim, FlowRun
from flowtui.engine.orchestration.handing_out import DeploymentLoad, lines_in_order, room_in, shared
from flowtui.engine.states import AwaitingConcurrencySlot, Cancelled, Pending, State, StateType
from flowtui.engine.store.bulk import insert_rows, update_rows
from flowtui.engine.store.database import Database
from flowtui.engine.store.flow_runs import read_many
from flowtui.engine.store.handing_out import deployment_loads, pool_load
from flowtui.engine.store.overdue import skip_some
from flowtui.engine.store.rows import EVENT_COLUMNS, event_values, state_of, state_row, writable
from flowtui.engine.store.tables import event, flow_run, run_queue
from flowtui.engine.store.transitions import lock_run, write_state

__all__ = ["KEPT_DETAILS", "Wanted", "claim_due", "pending_after", "would_take"]

KEPT_DETAILS: Final = ("scheduled_time", "lost_starts")
"""What a Pending state keeps of the state before it."""
_COLLISIONS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a worker asks for."""

    owner: str
    limit: int
    lease_seconds: float
    pool: str | None
    """None: runs of deployments that have no pool, those named in `deployments`."""
    queues: tuple[str, ...] = ()
    """Only from these queues of the pool; none named means all."""
    worker: str | None = None
    deployments: tuple[str, ...] = ()


def claim_due(database: Database, connection: sa.Connection, wanted: Wanted) -> tuple[Claim, ...]:
    """Take runs that are due: Pending, epoch + 1, owned. Raises `NotFound` for an unknown pool."""
    if wanted.limit <= 0:
        return ()
    now = database.now(connection)
    loads = deployment_loads(database, connection, wanted.deployments or None, lock=True)
    _end_collisions(database, connection, wanted, loads, now)
    chosen = _choose(database, connection, wanted, loads, now, lock=True)
    while skipped := skip_some(database, connection, chosen, now):
        if skipped.isdisjoint(chosen):
            break
        chosen = _choose(database, connection, wanted, loads, now, lock=True)
    return _take_all(database, connection, chosen, wanted, now)


def would_take(database: Database, connection: sa.Connection, wanted: Wanted) -> list[str]:
    """The ids of the runs that `claim_due` would take now, without a lock: for those who ask why a run waits."""
    loads = deployment_loads(database, connection, wanted.deployments or None)
    return _choose(database, connection, wanted, loads, database.now(connection), lock=False)


# -- which ------------------------------------------------------------------------------------------------------------


def _choose(
    database: Database,
    connection: sa.Connection,
    wanted: Wanted,
    loads: dict[str, DeploymentLoad],
    now: int,
    *,
    lock: bool,
) -> list[str]:
    """The ids of the runs to take, the first one first."""
    rooms = shared(loads)
    if wanted.pool is None:
        where = _served(wanted)
        return [] if where is None else _from_line(database, connection, where, wanted.limit, rooms, now, lock=lock)
    pool = pool_load(database, connection, wanted.pool, lock=lock)
    if pool is None:
        raise NotFound("work pool", wanted.pool, f"Create it with: flowtui work-pool create {wanted.pool}")
    chosen: list[str] = []
    for line in lines_in_order(pool, wanted.queues):
        room = room_in(pool, line, wanted.limit - len(chosen), len(chosen))
        if room > 0:
            where = sa.and_(run_queue.c.pool == pool.name, run_queue.c.queue == line.name)
            chosen += _from_line(database, connection, where, room, rooms, now, lock=lock)
    return chosen


def _served(wanted: Wanted) -> sa.ColumnElement[bool] | None:
    """Runs of deployments without a pool, which only those who serve them ask for."""
    if not wanted.deployments:
        return None
    return sa.and_(run_queue.c.pool.is_(None), run_queue.c.deployment_id.in_(wanted.deployments))


def _from_line(
    database: Database,
    connection: sa.Connection,
    where: sa.ColumnElement[bool],
    room: int,
    rooms: dict[str, int],
    now: int,
    *,
    lock: bool,
) -> list[str]:
    """Up to `room` due runs, oldest first. `rooms`, what limited deployments have left, is drawn down.

    Where runs of a full deployment stand in front, those behind them are looked for in another round.
    """
    chosen: list[str] = []
    while len(chosen) < room:
        query = _due(where, now).order_by(run_queue.c.due, run_queue.c.flow_run_id).limit(room - len(chosen))
        full = [deployment_id for deployment_id, left in rooms.items() if left <= 0]
        if full:
            of_others = sa.or_(run_queue.c.deployment_id.is_(None), run_queue.c.deployment_id.notin_(full))
            query = query.where(of_others)
        if chosen:
            query = query.where(run_queue.c.flow_run_id.notin_(chosen))
        rows = connection.execute(_locking(query) if lock and not database.is_sqlite else query).all()
        passed = False
        for row in rows:
            left = rooms.get(row.deployment_id)
            if left is not None and left <= 0:
                passed = True
                continue
            if left is not None:
                rooms[row.deployment_id] = left - 1
            chosen.append(row.flow_run_id)
        if not passed:
            break
    return chosen


def _due(where: sa.ColumnElement[bool], now: int) -> sa.Select[Any]:
    return sa.select(run_queue.c.flow_run_id, run_queue.c.deployment_id).where(
        run_queue.c.state_type == StateType.SCHEDULED.value,
        where,
        run_queue.c.due <= now,
        run_queue.c.owner.is_(None),
    )


def _locking(query: sa.Select[Any]) -> sa.Select[Any]:
    """Rows that others hold are passed over. The run is locked before its queue entry, as every transition does."""
    return query.join(flow_run, flow_run.c.id == run_queue.c.flow_run_id).with_for_update(
        of=(flow_run, run_queue), skip_locked=True
    )


# -- runs of deployments that are full --------------------------------------------------------------------------------


def _end_collisions(
    database: Database, connection: sa.Connection, wanted: Wanted, loads: dict[str, DeploymentLoad], now: int
) -> None:
    """Due runs of full deployments: cancelled where that was asked for, else said to wait for a slot."""
    full = {load.id: load for load in loads.values() if load.active >= load.limit}
    if not full:
        return
    where = sa.and_(
        run_queue.c.deployment_id.in_(list(full)),
        run_queue.c.pool.is_(None) if wanted.pool is None else run_queue.c.pool == wanted.pool,
        run_queue.c.state_name != "AwaitingConcurrencySlot",
    )
    query = _due(where, now).order_by(run_queue.c.due).limit(_COLLISIONS_AT_ONCE)
    for found in connection.execute(query if database.is_sqlite else _locking(query)).all():
        row = lock_run(database, connection, found.flow_run_id)
        old = state_of(row)
        new = _collided(full[found.deployment_id], row.expected_start)
        write_state(database, connection, row, old, new, keep_owner=False)


def _collided(load: DeploymentLoad, due: int | None) -> State:
    under_way = f"{load.active} of at most {load.limit} runs of its deployment are under way"
    if load.cancel_new:
        return Cancelled(message=f"Not started: {under_way}, and its collision strategy is CANCEL_NEW.")
    moment: datetime | None = None if due is None else from_micros(due)
    return AwaitingConcurrencySlot(moment, message=f"It waits for a slot: {under_way}.")


# -- taking -----------------------------------------------------------------------------------------------------------

# A claim takes many runs at once, by few statements.
_MOVED: Final = "state_id, state_type, state_name, state_message, state_details, state_at, epoch, updated, worker_name"
_OWNED: Final = "due, state_type, state_name, epoch, owner, lease_until"


def pending_after(old: State) -> State:
    """The state of a run that has just been taken."""
    return Pending(details={key: old.details[key] for key in KEPT_DETAILS if key in old.details})


def _take_all(
    database: Database, connection: sa.Connection, ids: Sequence[str], wanted: Wanted, now: int
) -> tuple[Claim, ...]:
    if not ids:
        return ()
    lease_until = now + int(wanted.lease_seconds * 1_000_000)
    runs = list(_taken(read_many(connection, ids), wanted, from_micros(lease_until)))
    update_rows(database, connection, flow_run, "id", _MOVED, [_run_row(run) for run in runs])
    update_rows(database, connection, run_queue, "flow_run_id", _OWNED, [_queue_row(run, lease_until) for run in runs])
    events = [event_values("flow-run", run.id, run.state, run.id) for run in runs]
    insert_rows(database, connection, event, EVENT_COLUMNS, events)
    return tuple(Claim(run=run, epoch=run.epoch) for run in runs)


def _taken(runs: Iterable[FlowRun], wanted: Wanted, lease_until: datetime) -> Iterator[FlowRun]:
    for run in runs:
        state = pending_after(run.state)
        yield replace(
            run,
            state=state,
            updated=state.timestamp,
            epoch=run.epoch + 1,
            owner=wanted.owner,
            lease_until=lease_until,
            worker_name=writable(wanted.worker) or run.worker_name,
        )


def _run_row(run: FlowRun) -> tuple[Any, ...]:
    return (run.id, *state_row(run.state).values(), run.epoch, to_micros(run.updated), run.worker_name)


def _queue_row(run: FlowRun, lease_until: int) -> tuple[Any, ...]:
    due = run.state.details.get("scheduled_time")
    instant = to_micros(datetime.fromisoformat(str(due))) if due else None
    return (run.id, instant, run.state.type.value, run.state.name, run.epoch, run.owner, lease_until)
