"""Change what a flow run is called by, apart from its state: its tags. And forget a run."""

from collections.abc import Sequence

import sqlalchemy as sa

from flowtui.engine.errors import UsageError
from flowtui.engine.store import feed, run_notes
from flowtui.engine.store.artifacts import delete_of_run
from flowtui.engine.store.database import Database
from flowtui.engine.store.flow_runs import read
from flowtui.engine.store.rows import dump, load
from flowtui.engine.store.tables import event, flow_run, log_chunk, run_queue, run_stats, task_run
from flowtui.engine.store.transitions import lock_run

__all__ = ["delete", "tag"]


def tag(database: Database, connection: sa.Connection, run_id: str, add: Sequence[str], remove: Sequence[str]) -> bool:
    """Give a run tags and take some away; answers whether that changed anything. Raises `NotFound`."""
    row = lock_run(database, connection, run_id)
    tags = (set(load(row.tags)) - set(remove)) | set(add)
    if tags == set(load(row.tags)):
        return False
    now = database.now(connection)
    change = sa.update(flow_run).where(flow_run.c.id == run_id)
    connection.execute(change.values(tags=dump(sorted(tags)), updated=now))
    feed.append(connection, "run", run_id, "updated", now)
    return True


def delete(database: Database, connection: sa.Connection, run_id: str) -> None:
    """Remove a run with its task runs, logs and history. Raises `UsageError` while it is owned."""
    run = read(connection, run_id)
    if run.owner is not None:
        raise UsageError(f"Flow run {run.name!r} is {run.state.name}; cancel it before deleting it.")
    tasks = sa.select(task_run.c.id).where(task_run.c.flow_run_id == run_id)
    connection.execute(sa.delete(event).where(event.c.subject_id.in_(tasks)))
    connection.execute(sa.delete(event).where(event.c.subject_id == run_id))
    connection.execute(sa.delete(task_run).where(task_run.c.flow_run_id == run_id))
    connection.execute(sa.delete(log_chunk).where(log_chunk.c.stream_id == run_id))
    connection.execute(sa.delete(run_stats).where(run_stats.c.flow_run_id == run_id))
    connection.execute(sa.delete(run_queue).where(run_queue.c.flow_run_id == run_id))
    delete_of_run(connection, run_id)
    run_notes.forget(connection, run_id)
    connection.execute(sa.delete(flow_run).where(flow_run.c.id == run_id))
    feed.append(connection, "run", run_id, "deleted", database.now(connection))
