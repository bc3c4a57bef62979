"""Assets in the store: what is known of each, and by which run it was last made."""

from typing import Any

import sqlalchemy as sa

from flowtui.engine.assets import id_of_key
from flowtui.engine.clock import from_micros
from flowtui.engine.errors import NotFound
from flowtui.engine.model import Slice
from flowtui.engine.shared import AssetRecord, Materialization
from flowtui.engine.store import feed
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, instant, load
from flowtui.engine.store.tables import asset

__all__ = ["read", "record", "slice_of"]


def record(database: Database, connection: sa.Connection, made: Materialization) -> None:
    """Note that a run has made assets, or has tried to, and from which others."""
    now = database.now(connection)
    known = {**made.upstream, **made.assets}
    insert = database.insert(asset).on_conflict_do_nothing(index_elements=["key"])
    for key in sorted(known):  # in one order, so that two runs never wait for each other
        new = {"key": key, "id": id_of_key(key), "metadata": "{}", "upstream": "[]", "created": now, "updated": now}
        connection.execute(insert, new)
    for key, properties in sorted(known.items()):
        changes = {"updated": now} if properties is None else {"updated": now, "properties": dump(properties)}
        if key in made.assets:
            changes |= _attempt(made, key, now)
        connection.execute(sa.update(asset).where(asset.c.key == key).values(changes))
    _tell(connection, made, now)


def _attempt(made: Materialization, key: str, now: int) -> dict[str, object]:
    changes: dict[str, object] = {
        "outcome": made.outcome,
        "attempted": now,
        "attempt_flow_run_id": made.flow_run_id,
        "attempt_task_run_id": made.task_run_id,
    }
    if made.succeeded:
        changes |= {
            "materialized": now,
            "materialized_by": made.by,
            "flow_run_id": made.flow_run_id,
            "task_run_id": made.task_run_id,
            "metadata": dump(made.metadata.get(key, {})),
            "upstream": dump(sorted(made.upstream)),
        }
    return changes


def _tell(connection: sa.Connection, made: Materialization, now: int) -> None:
    run: dict[str, object] = {"flow_run_id": made.flow_run_id, "task_run_id": made.task_run_id}
    for key in sorted(made.upstream):
        body = {"key": key, "referenced_by": sorted(made.assets), **run}
        feed.append(connection, "asset", id_of_key(key), "referenced", now, body)
    for key in sorted(made.assets):
        body = {
            "key": key,
            "materialized_by": made.by,
            "metadata": made.metadata.get(key, {}),
            "upstream": sorted(made.upstream),
            **run,
        }
        feed.append(connection, "asset", id_of_key(key), f"materialization.{made.outcome}", now, body)


def read(connection: sa.Connection, key: str) -> AssetRecord:
    """Raises `NotFound`."""
    row = connection.execute(sa.select(asset).where(asset.c.key == key)).one_or_none()
    if row is None:
        raise NotFound("asset", key, "List them with: flowtui asset ls")
    return _value(row)


def slice_of(connection: sa.Connection, limit: int, cursor: str | None) -> Slice[AssetRecord]:
    """By key."""
    query = sa.select(asset).order_by(asset.c.key)
    if cursor is not None:
        (last,) = read_cursor(cursor, str)
        query = query.where(asset.c.key > last)
    rows = connection.execute(query.limit(limit + 1)).all()
    return Slice(
        items=tuple(map(_value, rows[:limit])),
        next=write_cursor(rows[limit - 1].key) if len(rows) > limit else None,
    )


def _value(row: sa.Row[Any]) -> AssetRecord:
    return AssetRecord(
        id=row.id,
        key=row.key,
        properties=load(row.properties),
        metadata=load(row.metadata),
        upstream=tuple(load(row.upstream)),
        outcome=row.outcome,
        materialized=instant(row.materialized),
        materialized_by=row.materialized_by,
        flow_run_id=row.flow_run_id,
        task_run_id=row.task_run_id,
        attempted=instant(row.attempted),
        attempt_flow_run_id=row.attempt_flow_run_id,
        attempt_task_run_id=row.attempt_task_run_id,
        created=from_micros(row.created),
        updated=from_micros(row.updated),
    )
