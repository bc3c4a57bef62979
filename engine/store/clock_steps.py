"""What was written by a clock that has been set back since, and would seem to be of the future for as long."""

from typing import Any

import sqlalchemy as sa

from flowtui.engine.states import StateType
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import (
    backend,
    concurrency_lease,
    flow_run,
    run_queue,
    service_lease,
    task_queue,
    worker,
)

__all__ = ["set_back"]


def set_back(database: Database, connection: sa.Connection, step: int, lease: int) -> None:
    """The store's clock has just been set back by `step` microseconds; leases last `lease`, mostly.

    Leases end when they would have ended; those that were renewed since stay as they are. What was due is due, and what
    waits for a delay waits no longer than that. Instants that a schedule or a person has named are left alone.
    """
    now = database.now(connection)
    for table, until in (
        (run_queue, run_queue.c.lease_until),
        (task_queue, task_queue.c.lease_until),
        (concurrency_lease, concurrency_lease.c.expires),
        (service_lease, service_lease.c.expires),
    ):
        at_least = now + lease  # a process may just be about to renew it
        sooner = sa.case((until - step > at_least, until - step), else_=at_least)
        connection.execute(sa.update(table).where(until > now + max(step - lease, lease)).values({until.name: sooner}))
    for table, seen in ((backend, backend.c.seen), (worker, worker.c.seen)):
        connection.execute(sa.update(table).where(seen > now).values(seen=now))
    _make_due(connection, now, step)


def _make_due(connection: sa.Connection, now: int, step: int) -> None:
    before = sa.exists().where(flow_run.c.id == run_queue.c.flow_run_id, flow_run.c.state_at > now)
    delayed = sa.or_(run_queue.c.state_type == StateType.PAUSED.value, run_queue.c.state_name == "AwaitingRetry")
    scheduled = run_queue.c.state_type == StateType.SCHEDULED.value
    changes: tuple[tuple[Any, Any], ...] = (
        (sa.and_(scheduled, run_queue.c.due > now, run_queue.c.due <= now + step), now),
        (sa.and_(delayed, run_queue.c.due > now + step), run_queue.c.due - step),
    )
    for which, due in changes:
        connection.execute(sa.update(run_queue).where(before, which).values(due=due))
