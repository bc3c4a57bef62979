"""Work pools and their queues in the store. What they are doing now is read from the runs that are owned."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from flowtui.engine.errors import NotFound, WorkPoolError
from flowtui.engine.ids import is_id, new_id
from flowtui.engine.pools import DEFAULT_POOL, DEFAULT_QUEUE, WorkPool, WorkQueue
from flowtui.engine.states import StateType
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, instant, load, writable
from flowtui.engine.store.tables import deployment, flow_run, run_queue, work_pool, work_queue, worker
from flowtui.engine.store.workers import online

__all__ = [
    "create_pool",
    "create_queue",
    "delete_pool",
    "delete_queue",
    "list_pools",
    "list_queues",
    "make_default_pool",
    "pause_pool",
    "pause_queue",
    "read_pool",
    "read_queue",
    "require_queue",
    "update_pool",
    "update_queue",
]

_SHOWN = 10


def make_default_pool(database: Database, connection: sa.Connection) -> None:
    """The pool `local` with its queue, in a new store."""
    now = database.now(connection)
    _insert_pool(connection, DEFAULT_POOL, {"type": "process"}, now)


def _insert_pool(connection: sa.Connection, name: str, values: Mapping[str, Any], now: int) -> str:
    pool_id = new_id()
    connection.execute(sa.insert(work_pool), {"id": pool_id, "name": name, "created": now, "updated": now, **values})
    _insert_queue(connection, pool_id, DEFAULT_QUEUE, {"priority": 1}, now)
    return pool_id


def _insert_queue(connection: sa.Connection, pool_id: str, name: str, values: Mapping[str, Any], now: int) -> None:
    queue = {"id": new_id(), "pool_id": pool_id, "name": name, "created": now, "updated": now, **values}
    connection.execute(sa.insert(work_queue), queue)


# -- pools ------------------------------------------------------------------------------------------------------------


def create_pool(
    database: Database, connection: sa.Connection, name: str, values: Mapping[str, Any], *, overwrite: bool
) -> None:
    """`values` are columns. Raises `WorkPoolError` when the name is taken."""
    now = database.now(connection)
    known = connection.execute(sa.select(work_pool.c.id).where(work_pool.c.name == name)).scalar()
    if known is None:
        pool_id = _insert_pool(connection, name, _pool_row(values, now), now)
    elif overwrite:
        pool_id = str(known)
        changed = {**_pool_row(values, now), "updated": now}
        connection.execute(sa.update(work_pool).where(work_pool.c.id == pool_id).values(changed))
    else:
        raise WorkPoolError(f"There is already a work pool {name!r}. Change it with: flowtui work-pool update {name}")
    feed.append(connection, "work-pool", pool_id, "created" if known is None else "updated", now)


def _pool_row(values: Mapping[str, Any], now: int) -> dict[str, Any]:
    row = _queue_row(values, now)
    if "base_job_template" in row:
        template = row["base_job_template"]
        row["base_job_template"] = None if template is None else dump(template)
    return row


def _queue_row(values: Mapping[str, Any], now: int) -> dict[str, Any]:
    row = dict(values)
    if "description" in row:
        row["description"] = writable(row["description"])
    if "paused" in row:
        row["paused_at"] = now if row.pop("paused") else None
    return row


def update_pool(database: Database, connection: sa.Connection, name: str, changes: Mapping[str, Any]) -> None:
    pool_id, now = _pool_id(connection, name), database.now(connection)
    values = {**_pool_row(changes, now), "updated": now}
    connection.execute(sa.update(work_pool).where(work_pool.c.id == pool_id).values(values))
    feed.append(connection, "work-pool", pool_id, "updated", now)


def pause_pool(database: Database, connection: sa.Connection, name: str, *, paused: bool, note: str | None) -> None:
    pool_id, now = _pool_id(connection, name), database.now(connection)
    _pause(connection, work_pool, pool_id, paused=paused, note=note, now=now)
    feed.append(connection, "work-pool", pool_id, "paused" if paused else "resumed", now)


def _pause(
    connection: sa.Connection, table: sa.Table, row_id: str, *, paused: bool, note: str | None, now: int
) -> None:
    """What is paused already stays so since then; another note replaces the one before."""
    since = sa.func.coalesce(table.c.paused_at, now) if paused else None
    values = {"paused_at": since, "paused_note": writable(note) if paused else None, "updated": now}
    connection.execute(sa.update(table).where(table.c.id == row_id).values(values))


def delete_pool(database: Database, connection: sa.Connection, name: str) -> None:
    """Raises `WorkPoolError` while deployments use it."""
    pool_id = _pool_id(connection, name)
    if name == DEFAULT_POOL:
        raise WorkPoolError(f"The work pool {name!r} is the one that every store has; it can be paused, not deleted.")
    _refuse_used(connection, f"work pool {name!r}", deployment.c.work_pool_name == name)
    waiting = connection.execute(sa.select(run_queue.c.flow_run_id).where(run_queue.c.pool == name).limit(1)).scalar()
    if waiting is not None:
        raise WorkPoolError(f"Runs wait in the work pool {name!r}; cancel or delete them first.")
    connection.execute(sa.delete(work_pool).where(work_pool.c.id == pool_id))
    feed.append(connection, "work-pool", pool_id, "deleted", database.now(connection))


def _refuse_used(connection: sa.Connection, what: str, where: sa.ColumnElement[bool]) -> None:
    names = connection.execute(
        sa.select(deployment.c.full_name).where(where).order_by(deployment.c.full_name).limit(4)
    ).scalars()
    users = names.all()
    if users:
        shown = ", ".join(users[:3]) + (" and others" if len(users) > 3 else "")
        raise WorkPoolError(f"The {what} is used by {shown}. Delete them, or deploy them elsewhere, first.")


def _pool_id(connection: sa.Connection, name_or_id: str) -> str:
    where = work_pool.c.name == name_or_id
    if is_id(name_or_id):
        where = sa.or_(where, work_pool.c.id == name_or_id)
    found = connection.execute(sa.select(work_pool.c.id).where(where)).scalar()
    if found is None:
        names = connection.execute(sa.select(work_pool.c.name).order_by(work_pool.c.name).limit(_SHOWN)).scalars().all()
        raise NotFound(
            "work pool", name_or_id, f"There is {', '.join(names)}. Make one with: flowtui work-pool create NAME"
        )
    return str(found)


def read_pool(database: Database, connection: sa.Connection, name_or_id: str) -> WorkPool:
    (found,) = _pools(database, connection, work_pool.c.id == _pool_id(connection, name_or_id))
    return found


def list_pools(database: Database, connection: sa.Connection) -> tuple[WorkPool, ...]:
    """By name."""
    return tuple(_pools(database, connection, sa.true()))


def _pools(database: Database, connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[WorkPool]:
    now = database.now(connection)
    active = (
        sa.select(sa.func.count())
        .where(run_queue.c.pool == work_pool.c.name, run_queue.c.lease_until.isnot(None))
        .scalar_subquery()
    )
    waiting = sa.select(sa.func.count()).where(run_queue.c.pool == work_pool.c.name, *_waits(now)).scalar_subquery()
    serving = sa.select(sa.func.count()).where(worker.c.pool_id == work_pool.c.id, online(now)).scalar_subquery()
    counts = (active.label("active"), waiting.label("waiting"), serving.label("workers"))
    query = sa.select(work_pool, *counts).where(where)
    return [
        WorkPool(
            id=row.id,
            name=row.name,
            type=row.type,
            created=_instant(row.created),
            updated=_instant(row.updated),
            description=row.description,
            base_job_template=None if row.base_job_template is None else load(row.base_job_template),
            concurrency_limit=row.concurrency_limit,
            paused_since=instant(row.paused_at),
            paused_note=row.paused_note,
            active=row.active,
            waiting=row.waiting,
            workers=row.workers,
        )
        for row in connection.execute(query.order_by(work_pool.c.name))
    ]


def _waits(now: int) -> tuple[sa.ColumnElement[bool], ...]:
    """A run that is due, and that nobody has taken."""
    scheduled = run_queue.c.state_type == StateType.SCHEDULED.value
    return (scheduled, run_queue.c.due <= now, run_queue.c.lease_until.is_(None))


def _instant(value: int) -> Any:
    found = instant(value)
    assert found is not None
    return found


# -- queues -----------------------------------------------------------------------------------------------------------


def create_queue(
    database: Database, connection: sa.Connection, pool: str, name: str, values: Mapping[str, Any]
) -> None:
    """`values` are columns; without a priority it comes last. Raises `WorkPoolError` when the name is taken."""
    pool_id, now = _pool_id(connection, pool), database.now(connection)
    queues = connection.execute(
        sa.select(work_queue.c.name, work_queue.c.priority).where(work_queue.c.pool_id == pool_id)
    ).all()
    if name in {queue.name for queue in queues}:
        raise WorkPoolError(f"The work pool {pool!r} has a queue {name!r} already.")
    row = _queue_row(values, now)
    if row.get("priority") is None:
        row["priority"] = max((queue.priority for queue in queues), default=0) + 1
    _insert_queue(connection, pool_id, name, row, now)
    feed.append(connection, "work-queue", _queue_id(connection, pool, name), "created", now)


def update_queue(
    database: Database, connection: sa.Connection, pool: str, name: str, changes: Mapping[str, Any]
) -> None:
    queue_id, now = _queue_id(connection, pool, name), database.now(connection)
    values = {**_queue_row(changes, now), "updated": now}
    connection.execute(sa.update(work_queue).where(work_queue.c.id == queue_id).values(values))
    feed.append(connection, "work-queue", queue_id, "updated", now)


def pause_queue(
    database: Database, connection: sa.Connection, pool: str, name: str, *, paused: bool, note: str | None
) -> None:
    queue_id, now = _queue_id(connection, pool, name), database.now(connection)
    _pause(connection, work_queue, queue_id, paused=paused, note=note, now=now)
    feed.append(connection, "work-queue", queue_id, "paused" if paused else "resumed", now)


def delete_queue(database: Database, connection: sa.Connection, pool: str, name: str) -> None:
    """Raises `WorkPoolError` while deployments use it."""
    queue_id = _queue_id(connection, pool, name)
    if name == DEFAULT_QUEUE:
        raise WorkPoolError(f"The queue {name!r} is the one that every work pool has; it can be paused, not deleted.")
    used = sa.and_(deployment.c.work_pool_name == pool, deployment.c.work_queue_name == name)
    _refuse_used(connection, f"queue {name!r} of work pool {pool!r}", used)
    _move_to_default(connection, pool, name)
    connection.execute(sa.delete(work_queue).where(work_queue.c.id == queue_id))
    feed.append(connection, "work-queue", queue_id, "deleted", database.now(connection))


def _move_to_default(connection: sa.Connection, pool: str, name: str) -> None:
    """No run is stuck: those that are left in the queue wait in the one that every pool has."""
    waiting = (run_queue.c.pool == pool, run_queue.c.queue == name)
    ids = sa.select(run_queue.c.flow_run_id).where(*waiting)
    connection.execute(sa.update(flow_run).where(flow_run.c.id.in_(ids)).values(work_queue_name=DEFAULT_QUEUE))
    connection.execute(sa.update(run_queue).where(*waiting).values(queue=DEFAULT_QUEUE))


def _queue_id(connection: sa.Connection, pool: str, name: str) -> str:
    query = sa.select(work_queue.c.id).where(
        work_queue.c.pool_id == _pool_id(connection, pool), work_queue.c.name == name
    )
    found = connection.execute(query).scalar()
    if found is None:
        known = sa.select(work_queue.c.name).where(work_queue.c.pool_id == _pool_id(connection, pool))
        names = connection.execute(known.order_by(work_queue.c.name).limit(_SHOWN)).scalars().all()
        there = f"Work pool {pool!r} has {', '.join(names)}."
        raise NotFound("queue", name, f"{there} Make one with: flowtui work-queue create NAME --pool {pool}")
    return str(found)


def require_queue(connection: sa.Connection, pool: str, queue: str | None) -> None:
    """Raise `NotFound` unless the pool and the queue exist; without a queue, the pool's default one is meant."""
    _queue_id(connection, pool, queue or DEFAULT_QUEUE)


def read_queue(database: Database, connection: sa.Connection, pool: str, name: str) -> WorkQueue:
    (found,) = _queues(database, connection, work_queue.c.id == _queue_id(connection, pool, name))
    return found


def list_queues(database: Database, connection: sa.Connection, pool: str | None) -> tuple[WorkQueue, ...]:
    """By pool, priority and name."""
    where = sa.true() if pool is None else work_queue.c.pool_id == _pool_id(connection, pool)
    return tuple(_queues(database, connection, where))


def _queues(database: Database, connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[WorkQueue]:
    now = database.now(connection)
    active = (
        sa.select(sa.func.count())
        .where(
            run_queue.c.pool == work_pool.c.name,
            run_queue.c.queue == work_queue.c.name,
            run_queue.c.lease_until.isnot(None),
        )
        .scalar_subquery()
    )
    waiting = (
        sa.select(sa.func.count())
        .where(run_queue.c.pool == work_pool.c.name, run_queue.c.queue == work_queue.c.name, *_waits(now))
        .scalar_subquery()
    )
    query = (
        sa.select(work_queue, work_pool.c.name.label("pool_name"), active.label("active"), waiting.label("waiting"))
        .join(work_pool, work_pool.c.id == work_queue.c.pool_id)
        .where(where)
        .order_by(work_pool.c.name, work_queue.c.priority, work_queue.c.name)
    )
    rows = connection.execute(query).all()
    workers = connection.execute(
        sa.select(worker.c.pool_id, worker.c.queues, worker.c.seen, online(now).label("online")).where(
            worker.c.pool_id.in_({row.pool_id for row in rows})
        )
    ).all()
    queues = []
    for row in rows:
        serving = [one for one in workers if one.pool_id == row.pool_id and _takes(one.queues, row.name)]
        queues.append(
            WorkQueue(
                id=row.id,
                pool_name=row.pool_name,
                name=row.name,
                priority=row.priority,
                created=_instant(row.created),
                updated=_instant(row.updated),
                description=row.description,
                concurrency_limit=row.concurrency_limit,
                paused_since=instant(row.paused_at),
                paused_note=row.paused_note,
                active=row.active,
                waiting=row.waiting,
                workers=sum(bool(one.online) for one in serving),
                last_polled=instant(max((one.seen for one in serving), default=None)),
            )
        )
    return queues


def _takes(queues: str, name: str) -> bool:
    """Whether a worker of these queues takes runs from one; none named means all."""
    named = load(queues)
    return not named or name in named
