"""Artifacts in the store: every version, and the newest of each key beside them."""

from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import NotFound
from flowtui.engine.ids import is_id, new_id
from flowtui.engine.model import Slice
from flowtui.engine.shared import ArtifactFilter, ArtifactRecord, NewArtifact
from flowtui.engine.store import feed
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import load, short, writable
from flowtui.engine.store.tables import artifact, artifact_collection

__all__ = ["create", "delete", "delete_of_run", "read", "slice_of", "update"]


def create(database: Database, connection: sa.Connection, new: NewArtifact, data: str) -> str:
    """Keep an artifact, whose data is given as JSON text; answer its id."""
    now, artifact_id = database.now(connection), new_id()
    values = {
        "id": artifact_id,
        "key": new.key,
        "type": short(new.type),
        "description": writable(new.description),
        "data": data,
        "flow_run_id": new.flow_run_id,
        "task_run_id": new.task_run_id,
        "created": now,
        "updated": now,
    }
    connection.execute(sa.insert(artifact), values)
    if new.key is not None:
        insert = database.insert(artifact_collection)
        more = insert.on_conflict_do_update(
            index_elements=["key"],
            set_={"latest_id": insert.excluded.latest_id, "versions": artifact_collection.c.versions + 1},
        )
        connection.execute(more, {"key": new.key, "latest_id": artifact_id, "versions": 1})
    _tell(connection, "created", artifact_id, new.key, new.flow_run_id, now)
    return artifact_id


def update(
    database: Database, connection: sa.Connection, artifact_id: str, data: str | None, description: str | None
) -> None:
    """Change what an artifact says; None leaves a field as it is. Raises `NotFound`."""
    known, now = read(connection, artifact_id), database.now(connection)
    changes: dict[str, Any] = {"updated": now}
    if data is not None:
        changes["data"] = data
    if description is not None:
        changes["description"] = writable(description)
    connection.execute(sa.update(artifact).where(artifact.c.id == artifact_id).values(changes))
    _tell(connection, "updated", artifact_id, known.key, known.flow_run_id, now)


def read(connection: sa.Connection, artifact_id: str) -> ArtifactRecord:
    """Raises `NotFound`."""
    query = sa.select(artifact).where(artifact.c.id == artifact_id)
    row = connection.execute(query).one_or_none() if is_id(artifact_id) else None
    if row is None:
        raise NotFound("artifact", artifact_id, "List them with: flowtui artifact ls")
    return _value(row)


def slice_of(
    connection: sa.Connection, where: ArtifactFilter | None, limit: int, cursor: str | None
) -> Slice[ArtifactRecord]:
    """Newest first; with `latest`, the newest of each key, by key."""
    where = where or ArtifactFilter()
    if where.latest:
        query = _latest(cursor)
    else:
        query = sa.select(artifact).order_by(artifact.c.id.desc())
        if cursor is not None:
            (last,) = read_cursor(cursor, str)
            query = query.where(artifact.c.id < last)
    for name in ("key", "type", "flow_run_id", "task_run_id"):
        wanted = getattr(where, name)
        if wanted is not None:
            query = query.where(artifact.c[name] == wanted)
    rows = connection.execute(query.limit(limit + 1)).all()
    page = rows[:limit]
    last_one = page[-1] if len(rows) > limit else None
    return Slice(
        items=tuple(map(_value, page)),
        next=None if last_one is None else write_cursor(last_one.key if where.latest else last_one.id),
    )


def _latest(cursor: str | None) -> sa.Select[Any]:
    query = (
        sa.select(artifact, artifact_collection.c.versions)
        .join(artifact_collection, artifact_collection.c.latest_id == artifact.c.id)
        .order_by(artifact_collection.c.key)
    )
    if cursor is not None:
        (last,) = read_cursor(cursor, str)
        query = query.where(artifact_collection.c.key > last)
    return query


def delete(database: Database, connection: sa.Connection, artifact_id: str) -> None:
    """Remove one version; the one before it is then the newest of its key. Raises `NotFound`."""
    known = read(connection, artifact_id)
    if known.key is not None:
        others = (
            sa.select(artifact.c.id)
            .where(artifact.c.key == known.key, artifact.c.id != artifact_id)
            .order_by(artifact.c.id.desc())
            .limit(1)
        )
        newest = connection.execute(others).scalar()
        of_key = artifact_collection.c.key == known.key
        if newest is None:
            connection.execute(sa.delete(artifact_collection).where(of_key))
        else:
            fewer = {"latest_id": newest, "versions": artifact_collection.c.versions - 1}
            connection.execute(sa.update(artifact_collection).where(of_key).values(fewer))
    connection.execute(sa.delete(artifact).where(artifact.c.id == artifact_id))
    _tell(connection, "deleted", artifact_id, known.key, known.flow_run_id, database.now(connection))


def delete_of_run(connection: sa.Connection, flow_run_id: str) -> None:
    """Forget what a run made only for itself. What has a key is looked for by its key, and stays."""
    connection.execute(sa.delete(artifact).where(artifact.c.flow_run_id == flow_run_id, artifact.c.key.is_(None)))


def _tell(
    connection: sa.Connection, what: str, artifact_id: str, key: str | None, flow_run_id: str | None, now: int
) -> None:
    feed.append(connection, "artifact", artifact_id, what, now, {"key": key, "flow_run_id": flow_run_id})


def _value(row: sa.Row[Any]) -> ArtifactRecord:
    return ArtifactRecord(
        id=row.id,
        key=row.key,
        type=row.type,
        description=row.description,
        data=load(row.data),
        flow_run_id=row.flow_run_id,
        task_run_id=row.task_run_id,
        created=from_micros(row.created),
        updated=from_micros(row.updated),
        versions=getattr(row, "versions", None),
    )
