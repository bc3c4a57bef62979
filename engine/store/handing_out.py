"""What the scheduler has to know of pools, queues and limits, read for `orchestration/handing_out.py`."""

from collections.abc import Iterable

import sqlalchemy as sa

from flowtui.engine.orchestration.handing_out import DeploymentLoad, LineLoad, PoolLoad
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import deployment, run_queue, work_pool, work_queue

__all__ = ["deployment_loads", "pool_load"]

_QUEUES = (
    sa.select(
        work_pool.c.id.label("pool_id"),
        work_pool.c.concurrency_limit.label("pool_limit"),
        work_pool.c.paused_at.label("pool_paused"),
        work_queue.c.name,
        work_queue.c.priority,
        work_queue.c.concurrency_limit,
        work_queue.c.paused_at,
    )
    .outerjoin(work_queue, work_queue.c.pool_id == work_pool.c.id)
    .where(work_pool.c.name == sa.bindparam("pool"))
)
_LOCK_POOL = sa.select(work_pool.c.id).where(work_pool.c.name == sa.bindparam("pool")).with_for_update()
_OWNED = (
    sa.select(run_queue.c.queue, sa.func.count().label("n"))
    .where(run_queue.c.pool == sa.bindparam("pool"), run_queue.c.lease_until.isnot(None))
    .group_by(run_queue.c.queue)
)
_OWNED_OF_DEPLOYMENTS = (
    sa.select(run_queue.c.deployment_id, sa.func.count().label("n"))
    .where(
        run_queue.c.deployment_id.in_(sa.bindparam("ids", expanding=True)),
        run_queue.c.lease_until.isnot(None),
    )
    .group_by(run_queue.c.deployment_id)
)
_LIMITED = sa.select(deployment.c.id, deployment.c.concurrency_limit, deployment.c.collision_strategy).where(
    deployment.c.concurrency_limit.isnot(None)
)


def pool_load(database: Database, connection: sa.Connection, pool: str, *, lock: bool = False) -> PoolLoad | None:
    """A pool as it is now, None when there is none. With `lock`, no other claim counts until this transaction ends.

    Without any limit nothing is counted: most pools have none, and a claim is then one query cheaper.
    """
    rows = connection.execute(_QUEUES, {"pool": pool}).all()
    if not rows:
        return None
    limited = rows[0].pool_limit is not None or any(row.concurrency_limit is not None for row in rows)
    owned: dict[str | None, int] = {}
    if limited:
        if lock and not database.is_sqlite:
            connection.execute(_LOCK_POOL, {"pool": pool})
        # A statement of its own: what others committed before the lock was had is then seen.
        owned = {row.queue: row.n for row in connection.execute(_OWNED, {"pool": pool})}
    return PoolLoad(
        name=pool,
        paused=rows[0].pool_paused is not None,
        limit=rows[0].pool_limit,
        active=sum(owned.values()),
        lines=tuple(
            LineLoad(
                name=row.name,
                priority=row.priority,
                paused=row.paused_at is not None,
                limit=row.concurrency_limit,
                active=owned.get(row.name, 0),
            )
            for row in rows
            if row.name is not None
        ),
    )


def deployment_loads(
    database: Database, connection: sa.Connection, ids: Iterable[str] | None = None, *, lock: bool = False
) -> dict[str, DeploymentLoad]:
    """The deployments that limit their runs, as they are now, by id: all, or those among `ids`."""
    query = _LIMITED if ids is None else _LIMITED.where(deployment.c.id.in_(list(ids)))
    if lock and not database.is_sqlite:
        query = query.order_by(deployment.c.id).with_for_update()
    rows = connection.execute(query).all()
    if not rows:
        return {}
    counted = connection.execute(_OWNED_OF_DEPLOYMENTS, {"ids": [row.id for row in rows]})
    owned = {row.deployment_id: row.n for row in counted}
    return {
        row.id: DeploymentLoad(
            id=row.id,
            limit=row.concurrency_limit,
            active=owned.get(row.id, 0),
            cancel_new=row.collision_strategy == "CANCEL_NEW",
        )
        for row in rows
    }
