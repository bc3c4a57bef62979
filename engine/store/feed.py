"""The change feed: every transition, in the order of its commit (DESIGN D9)."""

from collections.abc import Mapping

import sqlalchemy as sa

from flowtui.engine.ids import new_id
from flowtui.engine.model import Change
from flowtui.engine.store.rows import change_of, dump
from flowtui.engine.store.tables import event

__all__ = ["append", "read"]


def read(connection: sa.Connection, after: int | None, limit: int) -> tuple[Change, ...]:
    """Entries after a number, oldest first; None asks for the newest one only."""
    query = sa.select(event)
    if after is None:
        query = query.order_by(event.c.seq.desc()).limit(1)
    else:
        query = query.where(event.c.seq > after).order_by(event.c.seq).limit(limit)
    return tuple(map(change_of, connection.execute(query)))


def append(
    connection: sa.Connection, kind: str, subject_id: str, name: str, now: int, body: Mapping[str, object] | None = None
) -> None:
    """Tell readers that something other than a run has changed."""
    connection.execute(
        sa.insert(event),
        {
            "id": new_id(),
            "kind": kind,
            "subject_id": subject_id,
            "name": name,
            "occurred": now,
            "body": dump(body) if body else None,
        },
    )
