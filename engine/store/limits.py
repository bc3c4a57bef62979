"""Concurrency limits in the store: how many there may be, and who holds their slots."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import LimitError, NotFound
from flowtui.engine.ids import is_id, new_id
from flowtui.engine.shared import ConcurrencyLimit, LimitKind, SlotHolder
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import concurrency_lease, concurrency_limit

__all__ = ["delete", "holders", "limited_tags", "list_all", "read", "reset", "save", "used_now"]

_COMMANDS = {"global": "global-concurrency-limit", "tag": "concurrency-limit"}
_TAGS = sa.select(concurrency_limit.c.name).where(concurrency_limit.c.kind == "tag", concurrency_limit.c.active)


def save(
    database: Database,
    connection: sa.Connection,
    kind: LimitKind,
    name: str,
    *,
    limit: int | None,
    active: bool | None,
    decay: float | None,
    create: bool | None,
) -> str:
    """Create or update; answer the id. `create` says that it must be new (True) or known (False)."""
    now = database.now(connection)
    known = _find(connection, kind, name)
    if known is None and create is False:
        raise _unknown(kind, name)
    if known is not None and create:
        raise LimitError(f"There is already a {kind} concurrency limit {name!r}; update it, or choose another name.")
    if known is None and limit is None:
        raise LimitError(f"The new limit {name!r} needs a number of slots.")
    given = {"slots": limit, "active": active, "decay": decay}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None} | {"updated": now}
    if known is None:
        fresh = {"active": True, "decay": 0.0, "used": 0.0, "used_at": now, "created": now, **changes}
        limit_id = new_id()
        connection.execute(sa.insert(concurrency_limit), {"id": limit_id, "kind": kind, "name": name, **fresh})
    else:
        limit_id = known.id
        if decay is not None:  # what was used up so far came back at the old pace
            changes |= {"used": used_now(known, now), "used_at": now}
        connection.execute(sa.update(concurrency_limit).where(concurrency_limit.c.id == limit_id).values(changes))
    feed.append(connection, "limit", limit_id, "created" if known is None else "updated", now, {"name": name})
    return limit_id


def used_now(row: sa.Row[Any], now: int) -> float:
    """Slots that `rate_limit` took and that have not come back yet."""
    back: float = row.decay * max(now - row.used_at, 0) / 1_000_000
    left: float = max(row.used - back, 0.0)
    return left


def read(database: Database, connection: sa.Connection, kind: LimitKind, name: str) -> ConcurrencyLimit:
    """By name or id. Raises `NotFound`."""
    row = _find(connection, kind, name)
    if row is None:
        raise _unknown(kind, name)
    return _values(database, connection, [row])[0]


def list_all(database: Database, connection: sa.Connection, kind: LimitKind) -> tuple[ConcurrencyLimit, ...]:
    """By name."""
    query = sa.select(concurrency_limit).where(concurrency_limit.c.kind == kind).order_by(concurrency_limit.c.name)
    return tuple(_values(database, connection, connection.execute(query).all()))


def delete(database: Database, connection: sa.Connection, kind: LimitKind, name: str) -> None:
    """Remove it with all that is held of it. Raises `NotFound`."""
    row = _find(connection, kind, name)
    if row is None:
        raise _unknown(kind, name)
    connection.execute(sa.delete(concurrency_limit).where(concurrency_limit.c.id == row.id))
    feed.append(connection, "limit", row.id, "deleted", database.now(connection), {"name": row.name})


def reset(database: Database, connection: sa.Connection, kind: LimitKind, name: str) -> int:
    """Take every slot back; answer how many held some. Raises `NotFound`."""
    row, now = _find(connection, kind, name), database.now(connection)
    if row is None:
        raise _unknown(kind, name)
    gone = connection.execute(sa.delete(concurrency_lease).where(concurrency_lease.c.limit_id == row.id)).rowcount
    changes = {"used": 0.0, "used_at": now, "updated": now}
    connection.execute(sa.update(concurrency_limit).where(concurrency_limit.c.id == row.id).values(changes))
    feed.append(connection, "limit", row.id, "updated", now, {"name": row.name})
    return gone


def holders(database: Database, connection: sa.Connection, limit_id: str) -> tuple[SlotHolder, ...]:
    """Who holds slots now, longest first."""
    query = (
        sa.select(concurrency_lease)
        .where(concurrency_lease.c.limit_id == limit_id, concurrency_lease.c.expires > database.now(connection))
        .order_by(concurrency_lease.c.acquired, concurrency_lease.c.lease_id)
    )
    return tuple(
        SlotHolder(
            lease_id=row.lease_id,
            holder=row.holder,
            slots=row.slots,
            owner=row.owner,
            acquired=from_micros(row.acquired),
            expires=from_micros(row.expires),
            flow_run_id=row.flow_run_id,
            task_run_id=row.task_run_id,
        )
        for row in connection.execute(query)
    )


def limited_tags(connection: sa.Connection) -> frozenset[str]:
    """The tags that have an active limit."""
    return frozenset(connection.execute(_TAGS).scalars())


def _find(connection: sa.Connection, kind: str, name: str) -> sa.Row[Any] | None:
    where = concurrency_limit.c.name == name
    if is_id(name):  # PostgreSQL compares an id with nothing else
        where = sa.or_(where, concurrency_limit.c.id == name)
    query = sa.select(concurrency_limit).where(concurrency_limit.c.kind == kind, where)
    return connection.execute(query).first()


def _unknown(kind: str, name: str) -> NotFound:
    what = "concurrency limit" if kind == "global" else "concurrency limit for the tag"
    return NotFound(what, name, f"List them with: flowtui {_COMMANDS[kind]} ls")


def _values(database: Database, connection: sa.Connection, rows: Iterable[sa.Row[Any]]) -> list[ConcurrencyLimit]:
    now = database.now(connection)
    query = (
        sa.select(concurrency_lease.c.limit_id, sa.func.sum(concurrency_lease.c.slots).label("slots"))
        .where(concurrency_lease.c.expires > now)
        .group_by(concurrency_lease.c.limit_id)
    )
    held = {row.limit_id: int(row.slots) for row in connection.execute(query)}
    return [
        ConcurrencyLimit(
            id=row.id,
            kind=row.kind,
            name=row.name,
            limit=row.slots,
            active=bool(row.active),
            slot_decay_per_second=row.decay,
            active_slots=held.get(row.id, 0) + used_now(row, now),
            created=from_micros(row.created),
            updated=from_micros(row.updated),
        )
        for row in rows
    ]
