"""The change feed: every transition, in the order of its commit (DESIGN D9)."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from flowtui.engine.ids import new_id
from flowtui.engine.model import Change
from flowtui.engine.store.database import Database
from flowtui.engine.store.postgres_schema import EVENTS_OF_A_TRANSACTION
from flowtui.engine.store.rows import change_of, dump
from flowtui.engine.store.tables import event

__all__ = ["append", "read"]

_NEWEST: Final = sa.select(event).order_by(event.c.seq.desc()).limit(1)
_FOLLOWING: Final = (
    sa.select(event).where(event.c.seq > sa.bindparam("after")).order_by(event.c.seq).limit(sa.bindparam("limit"))
)
_SETTLED: Final = event.c.seq < sa.func.greatest(
    sa.literal_column(
        "(SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + flowtui_event_base()"
        f" << {EVENTS_OF_A_TRANSACTION})"
    ),
    sa.bindparam("horizon", type_=sa.BigInteger),
)
_NUMBERS: Final = sa.text(
    "SELECT pg_snapshot_xmin(now)::text::bigint AS oldest, pg_snapshot_xmax(now)::text::bigint AS following,"
    " flowtui_event_base() AS base FROM pg_current_snapshot() now"
)
_WRITERS: Final = sa.text(
    """
    SELECT number.transactionid::text
    FROM (
        SELECT DISTINCT virtualtransaction FROM pg_locks
        WHERE locktype = 'relation' AND mode IN ('RowShareLock', 'RowExclusiveLock')
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) writer
    LEFT JOIN pg_locks number ON number.virtualtransaction = writer.virtualtransaction
        AND number.locktype = 'transactionid' AND number.mode = 'ExclusiveLock' AND number.granted
    """
)


def read(database: Database, after: int | None, limit: int) -> tuple[Change, ...]:
    """Entries after a number, oldest first; None asks for the newest one only.

    What was read once stays as it is: no entry ever comes to lie before one that a reader has seen. On PostgreSQL this
    means to stop before the oldest transaction that may still commit.
    """
    if database.is_sqlite:
        with database.read() as connection:
            return _page(connection, after, limit, None)
    with database.read() as connection:
        changes = _page(connection, after, limit, 0)
        if (changes and after is not None) or not _is_more(connection, changes[0].seq if changes else after or 0):
            return changes
    # A transaction hides something: perhaps one of another database of that server, which may take hours.
    with database.read() as connection:
        horizon = _horizon_of_this_database(connection)
    with database.read() as connection:
        return _page(connection, after, limit, horizon)


def _page(connection: sa.Connection, after: int | None, limit: int, horizon: int | None) -> tuple[Change, ...]:
    query = _NEWEST if after is None else _FOLLOWING
    values = {} if after is None else {"after": after, "limit": limit}
    if horizon is not None:
        query, values = query.where(_SETTLED), {**values, "horizon": horizon}
    return tuple(map(change_of, connection.execute(query, values)))


def _is_more(connection: sa.Connection, after: int) -> bool:
    return connection.execute(sa.select(event.c.seq).where(event.c.seq > after).limit(1)).first() is not None


def _horizon_of_this_database(connection: sa.Connection) -> int:
    """Before which number nothing of ours will come, whatever goes on in other databases of the server.

    Whoever writes here holds a lock on a table, from before it has a number until its end. The locks are looked at
    after the snapshot was taken that says which number comes next, and before that of the transaction that reads the
    entries: so one that has ended in between is seen by the reader.
    """
    row = connection.execute(_NUMBERS).one()
    writers = connection.execute(_WRITERS).scalars().all()
    if None in writers:  # on its way to a number
        oldest = row.oldest
    else:
        oldest = min([row.following, *(_whole(int(xid), row.following) for xid in writers)])
    return int(oldest + row.base << EVENTS_OF_A_TRANSACTION)


def _whole(half: int, following: int) -> int:
    """The number of a transaction of which a lock tells the lower half; all that run are less than 2^31 apart."""
    back = (following - half) % 2**32
    return following - back if back < 2**31 else following


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
