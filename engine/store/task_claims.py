"""Task runs that are left to task workers: made, claimed, kept by leases, taken back from who is gone (DESIGN D5)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import NotFound
from flowtui.engine.evolve import evolve
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.task_losses import state_after_loss
from flowtui.engine.states import Pending, Scheduled, State
from flowtui.engine.store import task_queue as queue
from flowtui.engine.store.batch import write_task_runs
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import task_queue
from flowtui.engine.store.task_runs import read

__all__ = ["any_lost", "claim", "enqueue", "next_due", "reap", "release", "renew"]

_AT_ONCE: Final = 100


def enqueue(
    database: Database, connection: sa.Connection, run: TaskRun, *, retries: int, waits_for: Sequence[str]
) -> None:
    """Record a Scheduled task run, for task workers to claim."""
    now = database.now(connection)
    write_task_runs(database, connection, [run])
    queue.put(connection, run.id, run.task_key, due=now, retries=retries, waits_for=waits_for)


def next_due(database: Database, connection: sa.Connection, task_keys: Collection[str]) -> tuple[bool, datetime | None]:
    """Whether one of these tasks has a run to claim now, and when the next one is due if not."""
    query = sa.select(sa.func.min(task_queue.c.due)).where(*_free(task_keys))
    due = connection.execute(query).scalar()
    return due is not None and due <= database.now(connection), None if due is None else from_micros(due)


def claim(
    database: Database,
    connection: sa.Connection,
    task_keys: Collection[str],
    owner: str,
    *,
    limit: int,
    lease_seconds: float,
) -> tuple[TaskRun, ...]:
    """Take due runs of these tasks, oldest first: Scheduled → Pending, epoch + 1, owned until the lease ends."""
    now = database.now(connection)
    due = (
        sa.select(task_queue)
        .where(*_free(task_keys), task_queue.c.due <= now)
        .order_by(task_queue.c.due, task_queue.c.task_run_id)
        .limit(limit)
    )
    rows = connection.execute(due if database.is_sqlite else due.with_for_update(skip_locked=True)).all()
    taken = []
    for row in rows:
        run = _still_open(database, connection, row.task_run_id)
        if run is None:
            continue
        mine = {"owner": owner, "epoch": row.epoch + 1, "lease_until": now + int(lease_seconds * 1_000_000)}
        connection.execute(_entry(row.task_run_id).values(mine))
        taken.append(evolve(run, state=Pending(), claim=row.epoch + 1))
    write_task_runs(database, connection, taken)
    return tuple(taken)


def release(database: Database, connection: sa.Connection, run_id: str, epoch: int) -> bool:
    """Give back a run that was claimed and not started. False when it is somebody else's by now."""
    if queue.epochs_of(connection, [run_id]).get(run_id) != epoch:
        return False
    _hand_on(database, connection, read(connection, run_id), epoch, Scheduled())
    return True


def renew(
    database: Database, connection: sa.Connection, owner: str, runs: Mapping[str, int], lease_seconds: float
) -> frozenset[str]:
    """Prolong the leases of `{run id: epoch}`; answer with those that are not this owner's any more."""
    now = database.now(connection)
    epochs = queue.epochs_of(connection, list(runs))
    mine = [run_id for run_id, epoch in runs.items() if epochs.get(run_id) == epoch]
    if mine:
        held = sa.update(task_queue).where(task_queue.c.task_run_id.in_(mine), task_queue.c.owner == owner)
        connection.execute(held.values(lease_until=now + int(lease_seconds * 1_000_000)))
    return frozenset(runs) - frozenset(mine)


def any_lost(database: Database, connection: sa.Connection) -> bool:
    """Whether there is anything for `reap` to do."""
    query = sa.select(task_queue.c.task_run_id).where(*_lost(database.now(connection))).limit(1)
    return connection.execute(query).first() is not None


def reap(database: Database, connection: sa.Connection) -> tuple[TaskRun, ...]:
    """Take runs from owners that have stopped renewing: they are tried again, or have Crashed."""
    now = database.now(connection)
    lost = sa.select(task_queue).where(*_lost(now)).order_by(task_queue.c.task_run_id).limit(_AT_ONCE)
    rows = connection.execute(lost if database.is_sqlite else lost.with_for_update(skip_locked=True)).all()
    reaped = []
    for row in rows:
        run = _still_open(database, connection, row.task_run_id)
        if run is None:
            continue
        silent = (now - row.lease_until) / 1_000_000
        state = state_after_loss(
            row.owner, silent, run_count=run.run_count, retries=row.retries, claims=row.epoch, now=from_micros(now)
        )
        reaped.append(_hand_on(database, connection, run, row.epoch, state))
    return tuple(reaped)


def _hand_on(database: Database, connection: sa.Connection, run: TaskRun, epoch: int, state: State) -> TaskRun:
    """Move a run that nobody owns from here on to a state: to be claimed again, or to its end."""
    run = evolve(run, state=state, end_time=state.timestamp if state.is_final() else None)
    write_task_runs(database, connection, [run])
    if state.is_final():
        queue.leave(database, connection, [run.id])
    else:
        nobody = {"owner": None, "lease_until": None, "epoch": epoch + 1, "due": database.now(connection)}
        connection.execute(_entry(run.id).values(nobody))
    return run


def _still_open(database: Database, connection: sa.Connection, run_id: str) -> TaskRun | None:
    """The run; None, and out of the queue, when it is gone or somebody has ended it."""
    try:
        run = read(connection, run_id)
    except NotFound:
        run = None
    if run is None or run.state.is_final():
        queue.leave(database, connection, [run_id])
        return None
    return run


def _entry(run_id: str) -> sa.Update:
    return sa.update(task_queue).where(task_queue.c.task_run_id == run_id)


def _free(task_keys: Collection[str]) -> tuple[sa.ColumnElement[Any], ...]:
    return (
        task_queue.c.task_key.in_(sorted(task_keys)),
        task_queue.c.owner.is_(None),
        task_queue.c.waits_for.is_(None),
    )


def _lost(now: int) -> tuple[sa.ColumnElement[Any], ...]:
    return (task_queue.c.lease_until.isnot(None), task_queue.c.lease_until <= now)
