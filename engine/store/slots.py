"""Slots of concurrency limits: taken and given back in one transaction, so that there are never too many (P6).

A lease is measured by the store's clock. One that was not renewed in time counts as given back from that instant on,
whoever looks first; a lease that nobody has looked at meanwhile may still be renewed, for nobody was let in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from flowtui.engine.shared import Grant, SlotRequest
from flowtui.engine.store.database import Database
from flowtui.engine.store.limits import used_now
from flowtui.engine.store.rows import dump, short
from flowtui.engine.store.tables import concurrency_lease, concurrency_limit, concurrency_waiter

__all__ = ["acquire", "any_ended", "peek", "reap", "release", "release_of_run", "renew"]

# Built once: building a statement costs more than running it.
_LIMITS = (
    sa.select(concurrency_limit)
    .where(
        concurrency_limit.c.kind == sa.bindparam("kind"),
        concurrency_limit.c.name.in_(sa.bindparam("names", expanding=True)),
    )
    .order_by(concurrency_limit.c.id)
)
_LOCKED_LIMITS = _LIMITS.with_for_update()
_LIVE = concurrency_lease.c.expires > sa.bindparam("now")
_TAKEN = (
    sa.select(
        concurrency_lease.c.limit_id,
        sa.func.sum(sa.case((_LIVE, concurrency_lease.c.slots), else_=0)).label("slots"),
        sa.func.sum(sa.case((_LIVE, 0), else_=1)).label("dead"),
        sa.func.min(sa.case((_LIVE, concurrency_lease.c.expires))).label("first_end"),
    )
    .where(
        concurrency_lease.c.limit_id.in_(sa.bindparam("limits", expanding=True)),
        concurrency_lease.c.lease_id != sa.bindparam("mine"),
    )
    .group_by(concurrency_lease.c.limit_id)
)
_BURY = sa.delete(concurrency_lease).where(
    concurrency_lease.c.limit_id.in_(sa.bindparam("limits", expanding=True)),
    concurrency_lease.c.expires <= sa.bindparam("now"),
)
_PROLONG = (
    sa.update(concurrency_lease)
    .where(concurrency_lease.c.lease_id == sa.bindparam("mine"))
    .values(expires=sa.bindparam("until"))
)
_SHARED_LIMITS = (
    sa.select(concurrency_limit.c.id)
    .where(
        concurrency_limit.c.id.in_(
            sa.select(concurrency_lease.c.limit_id).where(
                concurrency_lease.c.lease_id.in_(sa.bindparam("leases", expanding=True))
            )
        )
    )
    .order_by(concurrency_limit.c.id)
    .with_for_update(read=True)
)
_RELEASE = sa.delete(concurrency_lease).where(concurrency_lease.c.lease_id == sa.bindparam("mine"))
_RELEASE_RUN = sa.delete(concurrency_lease).where(concurrency_lease.c.flow_run_id == sa.bindparam("run_id"))
_WAIT_NO_MORE = sa.delete(concurrency_waiter).where(concurrency_waiter.c.lease_id == sa.bindparam("mine"))
_RUN_WAITS_NO_MORE = sa.delete(concurrency_waiter).where(concurrency_waiter.c.flow_run_id == sa.bindparam("run_id"))
_HOLDERS = (
    sa.select(concurrency_lease.c.holder)
    .where(concurrency_lease.c.limit_id == sa.bindparam("limit_id"), _LIVE)
    .order_by(concurrency_lease.c.acquired)
    .limit(3)
)
_USE = (
    sa.update(concurrency_limit)
    .where(concurrency_limit.c.id == sa.bindparam("limit_id"))
    .values(used=sa.bindparam("now_used"), used_at=sa.bindparam("now"))
)


def acquire(database: Database, connection: sa.Connection, request: SlotRequest) -> Grant:
    """Take slots of all the limits that exist and are active, or of none. Asking twice is asking once.

    A flow run that asks in vain is noted as waiting, until it gets them, gives up or ends. Tasks that wait for their
    tags say so by their state.
    """
    grant = _ask(database, connection, request, take=True)
    if request.kind == "global" and request.flow_run_id is not None:
        if grant.status == "full" and not request.waiting:
            connection.execute(database.upsert(concurrency_waiter), _waiter(request, database.now(connection)))
        elif grant.status != "full" and request.waiting:
            connection.execute(_WAIT_NO_MORE, {"mine": request.lease_id})
    return grant


def _waiter(request: SlotRequest, now: int) -> dict[str, Any]:
    return {
        "lease_id": request.lease_id,
        "names": dump(request.names),
        "slots": request.slots,
        "flow_run_id": request.flow_run_id,
        "task_run_id": request.task_run_id,
        "since": now,
    }


def peek(database: Database, connection: sa.Connection, request: SlotRequest) -> Grant:
    """What `acquire` would answer, without a lock: for those who wait, so that they do not stop those who write."""
    return _ask(database, connection, request, take=False)


def _ask(database: Database, connection: sa.Connection, request: SlotRequest, *, take: bool) -> Grant:
    # SQLite holds the whole file already. PostgreSQL counts after it holds the limits: a count made while waiting for
    # them would be an old one.
    query = _LOCKED_LIMITS if take and not database.is_sqlite else _LIMITS
    rows = connection.execute(query, {"kind": request.kind, "names": request.names}).all()
    known = {row.name for row in rows}
    unknown = tuple(name for name in request.names if name not in known)
    active = [row for row in rows if row.active]
    if not active:
        return Grant(status="granted", unknown=unknown)
    now = database.now(connection)
    taken = _taken(connection, active, request, now)
    for row in active:
        refusal = _refusal(connection, row, taken.get(row.id), request, now)
        if refusal is not None:
            return Grant(**refusal, unknown=unknown)
    if take:
        if any(found.dead for found in taken.values()):
            connection.execute(_BURY, {"limits": [row.id for row in active], "now": now})
        _take(database, connection, active, request, now)
    return Grant(status="granted", held=tuple(row.name for row in active), unknown=unknown)


def _taken(connection: sa.Connection, active: Sequence[sa.Row[Any]], request: SlotRequest, now: int) -> dict[str, Any]:
    values = {"limits": [row.id for row in active], "mine": request.lease_id, "now": now}
    return {found.limit_id: found for found in connection.execute(_TAKEN, values)}


def _refusal(
    connection: sa.Connection, row: sa.Row[Any], taken: Any, request: SlotRequest, now: int
) -> dict[str, Any] | None:
    """Why this limit lets nobody in now, as fields of a `Grant`; None when it does."""
    if request.lease_seconds is None and not row.decay:
        reason = f"{row.name!r} has no slot decay, so slots that rate_limit() takes would never come back"
        return {"status": "impossible", "blocker": row.name, "reason": reason}
    if request.slots > row.slots and (row.slots or request.kind == "tag"):
        reason = f"{row.name!r} has {row.slots} slot(s), and {request.slots} were asked for"
        return {"status": "impossible", "blocker": row.name, "reason": reason}
    held, used = int(taken.slots) if taken else 0, used_now(row, now)
    missing = held + used + request.slots - row.slots
    if missing <= 1e-9:  # decay is counted in fractions
        return None
    waits = [(taken.first_end - now) / 1_000_000] if taken and taken.first_end else []
    if row.decay and used:
        waits.append(missing / row.decay)
    names = connection.execute(_HOLDERS, {"limit_id": row.id, "now": now}).scalars().all()
    by = f", held by {', '.join(names)}" + (" and others" if held > len(names) else "") if names else ""
    reason = f"{held + used:g} of {row.slots} slot(s) of {row.name!r} are taken{by}"
    return {"status": "full", "blocker": row.name, "reason": reason, "retry_after": min(waits, default=0.0)}


def _take(
    database: Database, connection: sa.Connection, active: Sequence[sa.Row[Any]], request: SlotRequest, now: int
) -> None:
    if request.lease_seconds is None:
        for row in active:
            values = {"limit_id": row.id, "now_used": used_now(row, now) + request.slots, "now": now}
            connection.execute(_USE, values)
        return
    common = {
        "lease_id": request.lease_id,
        "slots": request.slots,
        "owner": request.owner,
        "holder": short(request.holder),
        "flow_run_id": request.flow_run_id,
        "task_run_id": request.task_run_id,
        "acquired": now,
        "expires": now + int(request.lease_seconds * 1_000_000),
    }
    connection.execute(database.upsert(concurrency_lease), [{**common, "limit_id": row.id} for row in active])


def renew(database: Database, connection: sa.Connection, leases: Mapping[str, float]) -> frozenset[str]:
    """Prolong {lease id: seconds from now}; answer which of them are gone."""
    if not database.is_sqlite:  # nobody counts this lease as ended while it is being prolonged
        connection.execute(_SHARED_LIMITS, {"leases": list(leases)}).all()
    now = database.now(connection)
    gone = set()
    for lease_id in sorted(leases):  # everybody in the same order, or PostgreSQL sees a deadlock
        until = now + int(leases[lease_id] * 1_000_000)
        if not connection.execute(_PROLONG, {"mine": lease_id, "until": until}).rowcount:
            gone.add(lease_id)
    return frozenset(gone)


def release(connection: sa.Connection, lease_id: str) -> None:
    """Give back what a lease holds, and wait for it no more."""
    connection.execute(_RELEASE, {"mine": lease_id})
    connection.execute(_WAIT_NO_MORE, {"mine": lease_id})


def release_of_run(connection: sa.Connection, run_id: str) -> None:
    """Give back what a flow run and its tasks hold: it has ended."""
    connection.execute(_RELEASE_RUN, {"run_id": run_id})
    connection.execute(_RUN_WAITS_NO_MORE, {"run_id": run_id})


def any_ended(database: Database, connection: sa.Connection) -> bool:
    """Whether `reap` would find something."""
    query = sa.select(concurrency_lease.c.lease_id).where(concurrency_lease.c.expires <= database.now(connection))
    return connection.execute(query.limit(1)).scalar() is not None


def reap(database: Database, connection: sa.Connection, by: int | None = None) -> int:
    """Remove the leases that nobody renewed in time, until `by` where that is given; answer how many there were."""
    now = database.now(connection)
    where = concurrency_lease.c.expires <= (now if by is None else min(by, now))
    return connection.execute(sa.delete(concurrency_lease).where(where)).rowcount
