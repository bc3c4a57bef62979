"""Read task runs. They are written by the group commit (`batch.py`)."""

from typing import Final

import sqlalchemy as sa

from flowtui.engine.errors import NotFound
from flowtui.engine.model import Slice, TaskRun, TaskRunFilter
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.rows import TASK_RUN_COLUMNS, task_run_of, writable
from flowtui.engine.store.tables import task_run

__all__ = ["read", "slice_of"]

_SELECT: Final = sa.select(*(task_run.c[name] for name in TASK_RUN_COLUMNS.split(", ")))


def read(connection: sa.Connection, run_id: str) -> TaskRun:
    row = connection.execute(_SELECT.where(task_run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFound("task run", run_id, "List them with: flowtui task-run ls")
    return task_run_of(row)


def slice_of(connection: sa.Connection, where: TaskRunFilter, limit: int, cursor: str | None) -> Slice[TaskRun]:
    """Newest first by id; the runs of one flow run oldest first."""
    query = _SELECT
    oldest_first = where.flow_run_id is not None
    if where.flow_run_id is not None:
        query = query.where(task_run.c.flow_run_id == where.flow_run_id)
    if where.state_types:
        query = query.where(task_run.c.state_type.in_([state.value for state in where.state_types]))
    if where.name:
        query = query.where(task_run.c.name.icontains(writable(where.name), autoescape=True))
    if cursor is not None:
        (last,) = read_cursor(cursor, str)
        query = query.where(task_run.c.id > last if oldest_first else task_run.c.id < last)
    query = query.order_by(task_run.c.id if oldest_first else task_run.c.id.desc())
    rows = connection.execute(query.limit(limit + 1)).all()
    more = len(rows) > limit
    return Slice(
        items=tuple(map(task_run_of, rows[:limit])),
        next=write_cursor(rows[limit - 1].id) if more else None,
    )
