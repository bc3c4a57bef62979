"""The queue of task runs that are left to task workers: whose they are, and what waits for them to end."""

from collections.abc import Collection, Iterable
from typing import Final

import orjson
import sqlalchemy as sa

from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump
from flowtui.engine.store.tables import task_queue

__all__ = ["epochs_of", "leave", "put", "still_there"]

_EPOCHS: Final = (
    sa.select(task_queue.c.task_run_id, task_queue.c.epoch)
    .where(task_queue.c.task_run_id.in_(sa.bindparam("ids", expanding=True)), task_queue.c.owner.isnot(None))
    .order_by(task_queue.c.task_run_id)
    .with_for_update()
)


def epochs_of(connection: sa.Connection, ids: Collection[str]) -> dict[str, int]:
    """Under which epoch each of these is run by somebody, held until the end of this transaction."""
    rows = connection.execute(_EPOCHS, {"ids": list(ids)})
    return {row.task_run_id: row.epoch for row in rows}


def put(
    connection: sa.Connection, run_id: str, task_key: str, *, due: int, retries: int, waits_for: Iterable[str]
) -> None:
    """Have a task run wait for a task worker, as soon as it is due and those that it waits for have ended."""
    left = still_there(connection, set(waits_for))
    values = {
        "task_run_id": run_id,
        "task_key": task_key,
        "due": due,
        "waits_for": dump(left) if left else None,
        "retries": retries,
        "epoch": 0,
    }
    connection.execute(sa.delete(task_queue).where(task_queue.c.task_run_id == run_id))
    connection.execute(sa.insert(task_queue), values)


def still_there(connection: sa.Connection, ids: Collection[str]) -> list[str]:
    """Which of these have not ended; they do not before this transaction has."""
    if not ids:
        return []
    query = sa.select(task_queue.c.task_run_id).where(task_queue.c.task_run_id.in_(ids))
    return list(connection.execute(query.order_by(task_queue.c.task_run_id).with_for_update()).scalars())


def leave(database: Database, connection: sa.Connection, ids: Collection[str]) -> None:
    """These have ended: nobody has to run them any more, and nobody to wait for them."""
    gone = set(ids)
    connection.execute(sa.delete(task_queue).where(task_queue.c.task_run_id.in_(sorted(gone))))
    waiting = sa.select(task_queue.c.task_run_id, task_queue.c.waits_for).where(task_queue.c.waits_for.isnot(None))
    rows = connection.execute(waiting.order_by(task_queue.c.task_run_id).with_for_update()).all()
    for row in rows:
        before = orjson.loads(row.waits_for)
        left = [run_id for run_id in before if run_id not in gone]
        if len(left) < len(before):
            connection.execute(
                sa.update(task_queue)
                .where(task_queue.c.task_run_id == row.task_run_id)
                .values(waits_for=dump(left) if left else None)
            )
