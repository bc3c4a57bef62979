"""Who serves this store: backends that say they are alive, and the leases of their services."""

from typing import Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.model import Backend
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import backend, service_lease

__all__ = ["acquire_service", "alive", "announce", "release_services", "remove"]

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


def acquire_service(
    database: Database, connection: sa.Connection, service: str, holder: str, lease_seconds: float
) -> bool:
    """Become, or stay, the one that runs a service. False while another holder's lease lasts."""
    now = database.now(connection)
    expires = now + int(lease_seconds * 1_000_000)
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
        where=sa.or_(
            service_lease.c.holder == holder,
            service_lease.c.expires <= now,
            # Nobody takes a lease for that long: it was taken by a clock that has been set back since.
            service_lease.c.expires > now + 4 * max(expires - now, _LONGEST_LEASE_MICROS),
        ),
    )
    values = {"service": service, "holder": holder, "epoch": 1, "expires": expires}
    return connection.execute(statement, values).rowcount == 1


def release_services(connection: sa.Connection, holder: str) -> None:
    """Let others take over at once."""
    connection.execute(sa.delete(service_lease).where(service_lease.c.holder == holder))
