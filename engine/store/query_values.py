"""Values that the fields of a query have in this store, for whoever writes one."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.listing import QueryValue
from flowtui.engine.query_rows import parameter_values, sorted_values
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import load
from flowtui.engine.store.tables import deployment, flow, flow_run, work_pool, work_queue, worker
from flowtui.engine.store.workers import online

__all__ = ["values"]

_RECENT: Final = 500
"""Runs whose tags, names and parameters are looked at: the newest."""


def values(
    database: Database, connection: sa.Connection, field: str, start: str, path: tuple[str | int, ...], limit: int
) -> tuple[QueryValue, ...]:
    """Values with `start` in them, those that begin so first, then by how often they were met, then by name."""
    if field == "param":
        found = _parameters(connection, path)
    else:
        reader = _READERS.get(field)
        found = reader(database, connection) if reader is not None else ()
    return sorted_values(found, start, limit)


def _flows(database: Database, connection: sa.Connection) -> Iterable[QueryValue]:
    deployed = sa.select(sa.func.count()).where(deployment.c.flow_id == flow.c.id).scalar_subquery()
    for row in connection.execute(sa.select(flow.c.name, deployed.label("n"))):
        yield QueryValue(row.name, hint="" if not row.n else f"{row.n} deployment{'' if row.n == 1 else 's'}")


def _deployments(database: Database, connection: sa.Connection) -> Iterable[QueryValue]:
    for row in connection.execute(sa.select(deployment.c.full_name, deployment.c.paused)):
        yield QueryValue(row.full_name, hint="paused" if row.paused else "")


def _pools(database: Database, connection: sa.Connection) -> Iterable[QueryValue]:
    for row in connection.execute(sa.select(work_pool.c.name, work_pool.c.type)):
        yield QueryValue(row.name, hint=row.type)


def _queues(database: Database, connection: sa.Connection) -> Iterable[QueryValue]:
    pools: dict[str, list[str]] = {}
    both = sa.select(work_queue.c.name, work_pool.c.name.label("pool")).join(work_pool).order_by(work_pool.c.name)
    for row in connection.execute(both):
        pools.setdefault(row.name, []).append(row.pool)
    return [QueryValue(name, hint=", ".join(of[:3])) for name, of in pools.items()]


def _workers(database: Database, connection: sa.Connection) -> Iterable[QueryValue]:
    alive = online(database.now(connection)).label("alive")
    rows = sa.select(worker.c.name, work_pool.c.name.label("pool"), alive).join(work_pool)
    for row in connection.execute(rows):
        yield QueryValue(row.name, hint=f"{row.pool}, {'online' if row.alive else 'offline'}")


def _recent(connection: sa.Connection, column: sa.Column[Any]) -> Iterable[Any]:
    newest = sa.select(column).order_by(flow_run.c.sort_time.desc(), flow_run.c.id.desc()).limit(_RECENT)
    return connection.execute(newest).scalars()


def _tags(database: Database, connection: sa.Connection) -> Iterable[QueryValue]:
    met = Counter(tag for text in _recent(connection, flow_run.c.tags) for tag in load(text))
    deployed = {tag for text in connection.execute(sa.select(deployment.c.tags)).scalars() for tag in load(text)}
    return [QueryValue(tag, met.get(tag)) for tag in met.keys() | deployed]


def _names(database: Database, connection: sa.Connection) -> Iterable[QueryValue]:
    return [QueryValue(name) for name in dict.fromkeys(_recent(connection, flow_run.c.name))]


def _parameters(connection: sa.Connection, path: tuple[str | int, ...]) -> Iterable[QueryValue]:
    return parameter_values((load(text) for text in _recent(connection, flow_run.c.parameters)), path)


_READERS: Final[Mapping[str, Callable[[Database, sa.Connection], Iterable[QueryValue]]]] = {
    "flow": _flows,
    "deployment": _deployments,
    "pool": _pools,
    "queue": _queues,
    "worker": _workers,
    "tag": _tags,
    "name": _names,
    "text": _names,
}
