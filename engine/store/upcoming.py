"""When the next run is due, for a worker that waits for it."""

from collections.abc import Sequence

import sqlalchemy as sa

from flowtui.engine.pools import NextDue
from flowtui.engine.states import StateType
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import run_queue

__all__ = ["next_due"]


def next_due(
    database: Database, connection: sa.Connection, pool: str | None, queues: Sequence[str], deployments: Sequence[str]
) -> NextDue:
    """Of the runs of a pool (of some of its queues), or of deployments that no pool has."""
    now = database.now(connection)
    waiting = [run_queue.c.state_type == StateType.SCHEDULED.value, run_queue.c.owner.is_(None)]
    if pool is None:
        waiting += [run_queue.c.pool.is_(None), run_queue.c.deployment_id.in_(deployments)]
    else:
        waiting.append(run_queue.c.pool == pool)
    if queues:
        waiting.append(run_queue.c.queue.in_(queues))
    due = run_queue.c.due
    some_wait = sa.exists().where(*waiting, due <= now)
    soonest = sa.select(sa.func.min(due)).where(*waiting, due > now).scalar_subquery()
    row = connection.execute(sa.select(some_wait.label("some_wait"), soonest.label("soonest"))).one()
    return NextDue(bool(row.some_wait), None if row.soonest is None else (row.soonest - now) / 1_000_000)
