"""What is said to flow runs: answers to their questions, and messages, by key."""

from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import NotFound
from flowtui.engine.ids import new_id
from flowtui.engine.shared import RunInputRecord
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, load, writable
from flowtui.engine.store.tables import flow_run, flow_run_input

__all__ = ["delete", "find", "save", "slice_of"]


def save(
    database: Database, connection: sa.Connection, run_id: str, key: str, value: Any, sender: str | None
) -> RunInputRecord:
    """Keep a JSON value under a key of a run, in the place of what was there. Raises `NotFound` for no such run."""
    if connection.execute(sa.select(flow_run.c.id).where(flow_run.c.id == run_id)).scalar() is None:
        raise NotFound("flow run", run_id, "List them with: flowtui flow-run ls")
    now, key = database.now(connection), writable(key)
    connection.execute(_of(run_id, key))
    kept = RunInputRecord(
        id=new_id(), flow_run_id=run_id, key=key, value=value, sender=sender, created=from_micros(now)
    )
    values = {"id": kept.id, "flow_run_id": run_id, "key": key, "value": dump(value), "sender": sender, "created": now}
    connection.execute(sa.insert(flow_run_input), values)
    feed.append(connection, "input", kept.id, "created", now, {"key": key, "flow_run_id": run_id})
    return kept


def find(connection: sa.Connection, run_id: str, key: str) -> RunInputRecord | None:
    query = sa.select(flow_run_input).where(flow_run_input.c.flow_run_id == run_id, flow_run_input.c.key == key)
    row = connection.execute(query).one_or_none()
    return None if row is None else _value(row)


def slice_of(
    connection: sa.Connection, run_id: str, prefix: str, after: str | None, limit: int
) -> tuple[RunInputRecord, ...]:
    """Those whose key begins with `prefix`, oldest first, after the input of that id."""
    query = sa.select(flow_run_input).where(flow_run_input.c.flow_run_id == run_id)
    if prefix:
        query = query.where(flow_run_input.c.key.startswith(prefix, autoescape=True))
    if after is not None:
        query = query.where(flow_run_input.c.id > after)
    rows = connection.execute(query.order_by(flow_run_input.c.id).limit(limit))
    return tuple(record for record in map(_value, rows) if record.key.startswith(prefix))  # SQLite's LIKE ignores case


def delete(connection: sa.Connection, run_id: str, key: str) -> None:
    connection.execute(_of(run_id, key))


def _of(run_id: str, key: str) -> sa.Delete:
    return sa.delete(flow_run_input).where(flow_run_input.c.flow_run_id == run_id, flow_run_input.c.key == key)


def _value(row: sa.Row[Any]) -> RunInputRecord:
    return RunInputRecord(
        id=row.id,
        flow_run_id=row.flow_run_id,
        key=row.key,
        value=load(row.value),
        sender=row.sender,
        created=from_micros(row.created),
    )
