"""Block documents in the store: their public data as JSON, their secrets as one sealed value."""

from dataclasses import dataclass

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import BlockError, NotFound
from flowtui.engine.model import BlockDocument
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, load
from flowtui.engine.store.tables import block_document

__all__ = ["StoredBlock", "delete", "find", "read_all", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlock:
    """A document with its secrets masked, and its secrets still sealed."""

    document: BlockDocument
    sealed: bytes | None


def find(connection: sa.Connection, type_slug: str, name: str) -> StoredBlock | None:
    query = sa.select(block_document).where(block_document.c.type_slug == type_slug, block_document.c.name == name)
    row = connection.execute(query).one_or_none()
    return None if row is None else _value(row)


def read_all(connection: sa.Connection) -> tuple[StoredBlock, ...]:
    """By type and name."""
    rows = connection.execute(sa.select(block_document).order_by(block_document.c.type_slug, block_document.c.name))
    return tuple(map(_value, rows))


def write(
    database: Database, connection: sa.Connection, document: BlockDocument, sealed: bytes | None, *, overwrite: bool
) -> None:
    """Create, or overwrite the document of the same type and name. Raises `BlockError` when the name is taken."""
    now = database.now(connection)
    values = {"data": dump(document.data), "secrets": sealed, "updated": now}
    known = find(connection, document.type_slug, document.name)
    if known is not None and not overwrite:
        raise BlockError(
            f"There is already a {document.type_slug} block {document.name!r}. Choose another name, or overwrite it."
        )
    if known is not None and known.document.id != document.id:  # its secrets are sealed to the other id
        what = f"{document.type_slug} block {document.name!r}"
        raise BlockError(f"The {what} was saved elsewhere just now; save it again.")
    if known is None:
        identity = {"id": document.id, "type_slug": document.type_slug, "name": document.name, "created": now}
        connection.execute(sa.insert(block_document), {**identity, **values})
    else:
        connection.execute(sa.update(block_document).where(block_document.c.id == known.document.id).values(values))
    feed.append(connection, "block", document.id, "created" if known is None else "updated", now)


def delete(database: Database, connection: sa.Connection, block_id: str) -> None:
    if not connection.execute(sa.delete(block_document).where(block_document.c.id == block_id)).rowcount:
        raise NotFound("block", block_id, "List them with: flowtui block ls")
    feed.append(connection, "block", block_id, "deleted", database.now(connection))


def _value(row: sa.Row[tuple[object, ...]]) -> StoredBlock:
    document = BlockDocument(
        id=row.id,
        name=row.name,
        type_slug=row.type_slug,
        data=load(row.data),
        created=from_micros(row.created),
        updated=from_micros(row.updated),
    )
    return StoredBlock(document=document, sealed=row.secrets)
