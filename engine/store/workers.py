"""The workers that serve a store's pools, as they say of themselves."""

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.errors import NotFound, WorkPoolError
from flowtui.engine.pools import WorkerRecord
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, instant, load
from flowtui.engine.store.tables import work_pool, worker

__all__ = ["announce", "delete", "list_all", "online", "stop"]

_FORGOTTEN_MICROS = 7 * 24 * 3_600_000_000
"""A worker that has not been heard of for a week is forgotten."""


def announce(database: Database, connection: sa.Connection, value: WorkerRecord) -> bool:
    """Note that a worker is alive. False: another living process has its name."""
    now, pool_id = database.now(connection), _pool_id(connection, value.pool_name)
    row = connection.execute(_named(pool_id, value.name)).one_or_none()
    if row is not None and row.id != value.id and _is_online(row, now):
        return False
    fields = {
        "id": value.id,
        "type": value.type,
        "host": value.host,
        "pid": value.pid,
        "version": value.version,
        "queues": dump(value.queues),
        "slots": value.slots,
        "running": value.running,
        "heartbeat_seconds": value.heartbeat_seconds,
        "started": to_micros(value.started),
        "seen": now,
        "stopped": None,
    }
    key = {"pool_id": pool_id, "name": value.name}
    connection.execute(database.upsert(worker), {**key, **fields})
    if row is None or row.id != value.id:
        connection.execute(sa.delete(worker).where(worker.c.seen < now - _FORGOTTEN_MICROS))
        feed.append(connection, "worker", value.id, "started", now, {"name": value.name, "pool": value.pool_name})
    return True


def stop(database: Database, connection: sa.Connection, value: WorkerRecord) -> None:
    now = database.now(connection)
    ended = sa.update(worker).where(worker.c.id == value.id, worker.c.stopped.is_(None))
    if connection.execute(ended.values(stopped=now, running=0)).rowcount:
        feed.append(connection, "worker", value.id, "stopped", now, {"name": value.name, "pool": value.pool_name})


def list_all(database: Database, connection: sa.Connection, pool: str | None) -> tuple[WorkerRecord, ...]:
    """Those online first, then those heard of last."""
    now = database.now(connection)
    query = sa.select(worker, work_pool.c.name.label("pool_name")).join(work_pool, work_pool.c.id == worker.c.pool_id)
    if pool is not None:
        query = query.where(worker.c.pool_id == _pool_id(connection, pool))
    rows = connection.execute(query).all()
    values = [_value(row, now) for row in rows]
    return tuple(sorted(values, key=lambda value: (not value.online, -value.seen.timestamp(), value.name)))


def delete(database: Database, connection: sa.Connection, pool: str, name: str) -> None:
    """Raises `NotFound`, and `WorkPoolError` for a worker that is online."""
    now, pool_id = database.now(connection), _pool_id(connection, pool)
    row = connection.execute(_named(pool_id, name)).one_or_none()
    if row is None:
        raise NotFound("worker", name, f"List them with: flowtui worker ls --pool {pool}")
    if _is_online(row, now):
        raise WorkPoolError(f"Worker {name!r} is online (process {row.pid} on {row.host}); stop it first.")
    connection.execute(sa.delete(worker).where(worker.c.pool_id == pool_id, worker.c.name == name))
    feed.append(connection, "worker", row.id, "deleted", now, {"name": name, "pool": pool})


def _pool_id(connection: sa.Connection, name: str) -> str:
    found = connection.execute(sa.select(work_pool.c.id).where(work_pool.c.name == name)).scalar()
    if found is None:
        raise NotFound("work pool", name, "List them with: flowtui work-pool ls")
    return str(found)


def online(now: int) -> sa.ColumnElement[bool]:
    """Heard of within three of its heartbeats, and not stopped."""
    return sa.and_(worker.c.stopped.is_(None), worker.c.seen + worker.c.heartbeat_seconds * 3_000_000 >= now)


def _named(pool_id: str, name: str) -> sa.Select[tuple[object, ...]]:
    query: sa.Select[tuple[object, ...]] = sa.select(worker).where(worker.c.pool_id == pool_id, worker.c.name == name)
    return query


def _is_online(row: sa.Row[tuple[object, ...]], now: int) -> bool:
    """The same of a row that was read."""
    return row.stopped is None and row.seen + row.heartbeat_seconds * 3_000_000 >= now


def _value(row: sa.Row[tuple[object, ...]], now: int) -> WorkerRecord:
    return WorkerRecord(
        id=row.id,
        name=row.name,
        pool_name=row.pool_name,
        type=row.type,
        host=row.host,
        pid=row.pid,
        started=from_micros(row.started),
        seen=from_micros(row.seen),
        heartbeat_seconds=row.heartbeat_seconds,
        queues=tuple(load(row.queues)),
        slots=row.slots,
        running=row.running,
        version=row.version,
        stopped=instant(row.stopped),
        online=_is_online(row, now),
    )
