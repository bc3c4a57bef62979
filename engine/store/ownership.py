"""Who owns a run: the claim of one, leases, and what becomes of a run whose owner is gone (DESIGN D5)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import UsageError
from flowtui.engine.model import Claim, LateLease
from flowtui.engine.orchestration.losses import Loss, states_after_loss
from flowtui.engine.states import StateType
from flowtui.engine.store.claims import pending_after
from flowtui.engine.store.database import Database
from flowtui.engine.store.flow_runs import read
from flowtui.engine.store.rows import state_of
from flowtui.engine.store.tables import flow_run, run_queue
from flowtui.engine.store.transitions import lock_run, write_state

__all__ = ["claim_one", "ended", "late", "reap", "renew"]


def claim_one(database: Database, connection: sa.Connection, run_id: str, owner: str, lease_seconds: float) -> Claim:
    """Take one run whatever its time, also one that has ended. Raises `UsageError` when it is owned or completed."""
    row = lock_run(database, connection, run_id)
    now = database.now(connection)
    if row.lease_until is not None and row.lease_until > now:
        raise UsageError(f"Flow run {row.name!r} is {row.state_name} and owned by {row.owner}; cancel it there first.")
    if row.state_type == StateType.COMPLETED.value:
        raise UsageError(f"Flow run {row.name!r} completed; what completed is not run again. Start a new run instead.")
    if row.lease_until is not None:
        _end_unowned(database, connection, row, now)  # its process died: so did what else it had begun for this run
    return _take(database, connection, run_id, owner, now, lease_seconds)


def _take(
    database: Database, connection: sa.Connection, run_id: str, owner: str, now: int, lease_seconds: float
) -> Claim:
    row = lock_run(database, connection, run_id)
    old = state_of(row)
    new = pending_after(old)
    lease = (owner, now + int(lease_seconds * 1_000_000))
    write_state(database, connection, row, old, new, keep_owner=False, epoch=row.epoch + 1, owner=lease)
    return Claim(run=read(connection, run_id), epoch=row.epoch + 1)


def ended(database: Database, connection: sa.Connection, by: int | None = None) -> Sequence[str]:
    """Runs whose owner has stopped renewing, at most 100.

    `by` is the instant until which the clock is believed; the present one when none is given.
    """
    query = sa.select(run_queue.c.flow_run_id).where(
        run_queue.c.lease_until.isnot(None), run_queue.c.lease_until <= _believed(database.now(connection), by)
    )
    return connection.execute(query.limit(100)).scalars().all()


def reap(database: Database, connection: sa.Connection, by: int | None = None) -> tuple[str, ...]:
    """End those: Cancelled when somebody had asked for that, else Crashed."""
    now = database.now(connection)
    reaped = []
    for run_id in ended(database, connection, by):
        row = lock_run(database, connection, run_id)
        if row.lease_until is None or row.lease_until > _believed(now, by):  # renewed, or gone, since we looked
            continue
        if _end_unowned(database, connection, row, now):
            reaped.append(run_id)
    return tuple(reaped)


def _believed(now: int, by: int | None) -> int:
    return now if by is None else min(by, now)


def _end_unowned(database: Database, connection: sa.Connection, row: sa.Row[Any], now: int) -> bool:
    """Say what became of a run whose lease is over; False when it had not to end."""
    silent = (now - row.lease_until) / 1_000_000
    old = state_of(row)
    reason = (
        f"Its process {row.owner} was killed or lost its machine: "
        f"it stopped renewing its lease, which ended {silent:.0f} s ago."
    )
    if old.is_cancelling():
        reason = (
            f"Its process {row.owner} was killed, lost its machine or does not heed: "
            "it stopped renewing its lease, or may not any more. What it still does is refused."
        )
    loss = Loss(
        state=old,
        reason=reason,
        now=from_micros(now),
        run_count=row.run_count,
        retries=row.retries,
        retry_delay=timedelta(microseconds=row.retry_delay),
        can_restart=row.deployment_id is not None,
    )
    states = states_after_loss(loss)
    if not states:  # its process was on its way out; the run waits for somebody to resume it
        _disown(connection, row.id, row.epoch + 1)
    for state in states:
        write_state(database, connection, row, old, state, keep_owner=False, epoch=row.epoch + 1)
        row, old = lock_run(database, connection, row.id), state
    return bool(states)


def _disown(connection: sa.Connection, run_id: str, epoch: int) -> None:
    """Nobody owns the run, and who did can write no more."""
    connection.execute(sa.update(flow_run).where(flow_run.c.id == run_id).values(epoch=epoch))
    nobody = {"epoch": epoch, "owner": None, "lease_until": None}
    connection.execute(sa.update(run_queue).where(run_queue.c.flow_run_id == run_id).values(nobody))


def renew(
    database: Database, connection: sa.Connection, owner: str, runs: Mapping[str, int], lease_seconds: float
) -> dict[str, str]:
    """Prolong the leases of `{run id: epoch}`; answer which need attention and why: lost, cancelling or ended."""
    now = database.now(connection)
    rows = connection.execute(
        sa.select(flow_run.c.id, flow_run.c.epoch, run_queue.c.owner, run_queue.c.due, flow_run.c.state_type)
        .outerjoin(run_queue, run_queue.c.flow_run_id == flow_run.c.id)
        .where(flow_run.c.id.in_(list(runs)))
    ).all()
    words = dict.fromkeys(runs, "lost")
    lease = int(lease_seconds * 1_000_000)
    until: dict[int, list[str]] = {}
    for row in rows:
        if row.epoch == runs[row.id] and row.owner == owner:
            words.pop(row.id)
            latest = now
            if row.state_type == StateType.CANCELLING.value:
                words[row.id] = "cancelling"
                latest = now if row.due is None else min(now, row.due)  # who does not end in time has to lose it
            until.setdefault(latest + lease, []).append(row.id)
        elif row.epoch == runs[row.id] and row.owner is None:
            words[row.id] = "ended"
    for moment, mine in until.items():
        connection.execute(
            sa.update(run_queue)
            .where(run_queue.c.flow_run_id.in_(mine), run_queue.c.owner == owner)
            .values(lease_until=moment)
        )
    return words


def late(database: Database, connection: sa.Connection, host: str, within_seconds: float) -> tuple[LateLease, ...]:
    """Leases of a machine's processes that end within so many seconds, at most 500, the latest first."""
    soon = database.now(connection) + int(within_seconds * 1_000_000)
    rows = connection.execute(
        sa.select(run_queue.c.flow_run_id, run_queue.c.epoch, run_queue.c.owner)
        .where(
            run_queue.c.lease_until.isnot(None),
            run_queue.c.lease_until <= soon,
            run_queue.c.owner.startswith(f"{host}:", autoescape=True),
            run_queue.c.state_type != StateType.CANCELLING.value,
        )
        .order_by(run_queue.c.lease_until)
        .limit(500)
    )
    return tuple(LateLease(run_id=row.flow_run_id, epoch=row.epoch, owner=row.owner) for row in rows)
