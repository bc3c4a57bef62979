"""The runs of pools: those that processes have in hand, which is what limits count, and those that wait."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from flowtui.engine.model import FlowRun
from flowtui.engine.states import StateType
from flowtui.engine.store.flow_runs import read_many
from flowtui.engine.store.tables import flow_run, run_queue, work_pool, work_queue

__all__ = ["active", "waiting"]


def active(
    connection: sa.Connection, pool: str | None, queue: str | None, deployment_id: str | None, limit: int
) -> tuple[FlowRun, ...]:
    """The runs that are owned by a process, of what is given: those that have been longest first."""
    given = {run_queue.c.pool: pool, run_queue.c.queue: queue, run_queue.c.deployment_id: deployment_id}
    where = [column == value for column, value in given.items() if value is not None]
    query = (
        sa.select(run_queue.c.flow_run_id)
        .join(flow_run, flow_run.c.id == run_queue.c.flow_run_id)
        .where(run_queue.c.lease_until.isnot(None), *where)
        .order_by(sa.func.coalesce(flow_run.c.start_time, flow_run.c.state_at), flow_run.c.id)
        .limit(limit)
    )
    return read_many(connection, connection.execute(query).scalars().all())


def waiting(
    connection: sa.Connection, pool: str, queue: str | None, until: int | None, limit: int
) -> tuple[FlowRun, ...]:
    """The scheduled runs that nobody has taken, due before `until`, in the order in which they are handed out."""
    found: list[str] = []
    for where in _lines(connection, pool, queue):
        conditions = [*where, run_queue.c.state_type == StateType.SCHEDULED.value, run_queue.c.lease_until.is_(None)]
        if until is not None:
            conditions.append(run_queue.c.due < until)
        query = (
            sa.select(run_queue.c.flow_run_id)
            .where(run_queue.c.pool == pool, *conditions)
            .order_by(run_queue.c.due, run_queue.c.flow_run_id)
            .limit(limit - len(found))
        )
        found.extend(connection.execute(query).scalars())
        if len(found) >= limit:
            break
    return read_many(connection, found)


def _lines(connection: sa.Connection, pool: str, queue: str | None) -> Iterator[Sequence[sa.ColumnElement[bool]]]:
    """One queue after the other by priority, then what stands in a queue that is no more. Each walks an index."""
    if queue is not None:
        yield [run_queue.c.queue == queue]
        return
    query = (
        sa.select(work_queue.c.name)
        .join(work_pool, work_pool.c.id == work_queue.c.pool_id)
        .where(work_pool.c.name == pool)
        .order_by(work_queue.c.priority, work_queue.c.name)
    )
    names = connection.execute(query).scalars().all()
    for name in names:
        yield [run_queue.c.queue == name]
    yield [sa.or_(run_queue.c.queue.is_(None), run_queue.c.queue.notin_(names))]
