"""Who serves this store: backends that say they are alive, and the leases of their services."""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.model import Backend
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import backend, service_lease

__all__ = ["acquire_services", "alive", "announce", "free_services", "release_services", "remove"]

_ALIVE_MICROS = 15_000_000
_LONGEST_LEASE_MICROS = 15_000_000

# Who was seen in the future was seen by a clock that has been set back; who lives says so again within seconds.
_SEEN_WITHIN: Final = (
    sa.select(backend)
    .where(backend.c.seen >= sa.bindparam("first"), backend.c.seen <= sa.bindparam("last"))
    .order_by(backend.c.started)
)


def announce(database: Database, connection: sa.Connection, value: Backend) -> None:
    now = database.now(connection)
    fields = {"kind": value.kind, "host": value.host, "pid": value.pid, "url": value.url, "seen": now}
    known = connection.execute(sa.update(backend).where(backend.c.id == value.id).values(fields)).rowcount
    if not known:
        connection.execute(sa.delete(backend).where(backend.c.seen < now - 100 * _ALIVE_MICROS))
        connection.execute(sa.insert(backend), {"id": value.id, "started": to_micros(value.started), **fields})
        feed.append(connection, "backend", value.id, "created", now)


def remove(database: Database, connection: sa.Connection, backend_id: str) -> None:
    if connection.execute(sa.delete(backend).where(backend.c.id == backend_id)).rowcount:
        feed.append(connection, "backend", backend_id, "deleted", database.now(connection))


def alive(database: Database, connection: sa.Connection) -> tuple[Backend, ...]:
    """Those heard of within the last 15 seconds of the store's clock, longest running first."""
    now = database.now(connection)
    rows = connection.execute(_SEEN_WITHIN, {"first": now - _ALIVE_MICROS, "last": now + _ALIVE_MICROS})
    return tuple(
        Backend(
            id=row.id,
            kind=row.kind,
            host=row.host,
            pid=row.pid,
            url=row.url,
            started=from_micros(row.started),
            seen=from_micros(row.seen),
        )
        for row in rows
    )


def free_services(
    database: Database, connection: sa.Connection, holder: str, leases: Mapping[str, float]
) -> frozenset[str]:
    """Those that nobody else has now: what `acquire_services` is worth asking for."""
    now = database.now(connection)
    rows = connection.execute(sa.select(service_lease).where(service_lease.c.service.in_(list(leases))))
    taken = {row.service for row in rows if not _may_take(row, holder, now, _micros(leases[row.service]))}
    return frozenset(leases.keys() - taken)


def acquire_services(
    database: Database, connection: sa.Connection, holder: str, leases: Mapping[str, float]
) -> frozenset[str]:
    """Become, or stay, the one that runs each of `{service: seconds}`, unless another holder's lease of it lasts."""
    now = database.now(connection)
    # Everybody in the same order, or two servers that each lock what the other wants next would wait forever.
    return frozenset(
        service
        for service, seconds in sorted(leases.items())
        if _acquire(database, connection, service, holder, now, _micros(seconds))
    )


def _acquire(database: Database, connection: sa.Connection, service: str, holder: str, now: int, lease: int) -> bool:
    insert = database.insert(service_lease)
    statement = insert.on_conflict_do_update(
        index_elements=["service"],
        set_={
            "holder": insert.excluded.holder,
            "expires": insert.excluded.expires,
            "epoch": sa.case(
                (service_lease.c.holder == insert.excluded.holder, service_lease.c.epoch),
                else_=service_lease.c.epoch + 1,
            ),
        },
        where=_may_take(service_lease.c, holder, now, lease),
    )
    values = {"service": service, "holder": holder, "epoch": 1, "expires": now + lease}
    return connection.execute(statement, values).rowcount == 1


def _may_take(row: Any, holder: str, now: int, lease: int) -> Any:
    """Of a row that was read, or of the columns of one: it is the holder's own, or over."""
    # Nobody takes a lease for that long: it was taken by a clock that has been set back since.
    absurd = now + 4 * max(lease, _LONGEST_LEASE_MICROS)
    return (row.holder == holder) | (row.expires <= now) | (row.expires > absurd)


def _micros(seconds: float) -> int:
    return int(seconds * 1_000_000)


def release_services(connection: sa.Connection, holder: str) -> None:
    """Let others take over at once."""
    connection.execute(sa.delete(service_lease).where(service_lease.c.holder == holder))
