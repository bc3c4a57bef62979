"""Variables in the store: JSON values by name."""

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import VariableError
from flowtui.engine.ids import new_id
from flowtui.engine.model import Slice
from flowtui.engine.shared import VariableRecord
from flowtui.engine.store import feed
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, load
from flowtui.engine.store.tables import variable

__all__ = ["delete", "find", "slice_of", "write"]

_BY_NAME = sa.select(variable).where(variable.c.name == sa.bindparam("name"))


def write(
    database: Database, connection: sa.Connection, name: str, value: str, tags: list[str] | None, *, overwrite: bool
) -> VariableRecord:
    """Create, or overwrite, with a value that is JSON text. Raises `VariableError` when the name is taken."""
    now = database.now(connection)
    created = {"id": new_id(), "name": name, "value": value, "tags": dump(tags or []), "created": now, "updated": now}
    insert = database.insert(variable).on_conflict_do_nothing(index_elements=["name"])
    is_new = connection.execute(insert, created).rowcount == 1
    if not is_new and not overwrite:
        raise VariableError(f"There is already a variable {name!r}. Set it with overwrite=True, or by another name.")
    if not is_new:
        changes = {"value": value, "updated": now} | ({} if tags is None else {"tags": dump(tags)})
        connection.execute(sa.update(variable).where(variable.c.name == name).values(changes))
    kept = find(connection, name)
    if kept is None:
        raise VariableError(f"Variable {name!r} was deleted elsewhere just now; set it again.")
    feed.append(connection, "variable", kept.id, "created" if is_new else "updated", now, {"name": name})
    return kept


def find(connection: sa.Connection, name: str) -> VariableRecord | None:
    row = connection.execute(_BY_NAME, {"name": name}).one_or_none()
    return None if row is None else _value(row)


def slice_of(connection: sa.Connection, limit: int, cursor: str | None) -> Slice[VariableRecord]:
    """By name."""
    query = sa.select(variable).order_by(variable.c.name)
    if cursor is not None:
        (last,) = read_cursor(cursor, str)
        query = query.where(variable.c.name > last)
    rows = connection.execute(query.limit(limit + 1)).all()
    return Slice(
        items=tuple(map(_value, rows[:limit])),
        next=write_cursor(rows[limit - 1].name) if len(rows) > limit else None,
    )


def delete(database: Database, connection: sa.Connection, name: str) -> bool:
    """False when there was none."""
    kept = find(connection, name)
    if kept is None:
        return False
    connection.execute(sa.delete(variable).where(variable.c.id == kept.id))
    feed.append(connection, "variable", kept.id, "deleted", database.now(connection), {"name": name})
    return True


def _value(row: sa.Row[tuple[object, ...]]) -> VariableRecord:
    return VariableRecord(
        id=row.id,
        name=row.name,
        value=load(row.value),
        tags=tuple(load(row.tags)),
        created=from_micros(row.created),
        updated=from_micros(row.updated),
    )
