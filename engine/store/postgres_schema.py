"""What a store has on PostgreSQL beyond its tables: events numbered by their transactions, and text in byte order.

A plain sequence gives numbers out before the commit, so a reader that has seen 7 could not know whether 6 is still to
come. Here an event's number begins with its transaction's, which only grows, and ends with its place therein. So all
that is below the oldest transaction that has not ended is there, and stays: readers stop at that horizon (`feed.py`).
"""

from typing import Final

import sqlalchemy as sa

__all__ = [
    "EVENTS_OF_A_TRANSACTION",
    "follow_this_cluster",
    "follows_this_cluster",
    "install",
    "order_text_by_bytes",
]

EVENTS_OF_A_TRANSACTION: Final = 20
"""How many bits of an event's number count within its transaction."""

# Transactions of a database that was restored into another cluster count from its beginning again: the base, 0 until
# then, keeps their events behind those that came along.
_BASE: Final = """
CREATE OR REPLACE FUNCTION flowtui_event_base() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT {base}::bigint'
"""
_NUMBER: Final = f"""
CREATE OR REPLACE FUNCTION flowtui_event_number() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    place bigint := coalesce(nullif(current_setting('flowtui.events', true), ''), '0')::bigint;
BEGIN
    IF place >= {1 << EVENTS_OF_A_TRANSACTION} THEN
        RAISE EXCEPTION 'a transaction may have no more than %% events', {1 << EVENTS_OF_A_TRANSACTION};
    END IF;
    PERFORM set_config('flowtui.events', (place + 1)::text, true);
    RETURN ((pg_current_xact_id()::text::bigint + flowtui_event_base()) << {EVENTS_OF_A_TRANSACTION}) + place;
END $$
"""
_TEXT_COLUMNS: Final = sa.text(
    """
    SELECT table_name, column_name, data_type, character_maximum_length
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = ANY(:tables)
        AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'
    ORDER BY table_name, ordinal_position
    """
)
_NEWEST: Final = sa.text(
    f"""
    SELECT coalesce(max(seq), 0) >> {EVENTS_OF_A_TRANSACTION} AS newest,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS following, flowtui_event_base() AS base
    FROM event
    """  # noqa: S608 - a number of ours
)


def install(connection: sa.Connection, tables: list[str]) -> None:
    """Complete these tables, which are there. Nothing happens to what is complete."""
    connection.execute(sa.text(_BASE.format(base=0)))
    connection.exec_driver_sql(_NUMBER)
    connection.execute(sa.text("ALTER TABLE event ALTER COLUMN seq SET DEFAULT flowtui_event_number()"))
    connection.execute(sa.text("DROP SEQUENCE IF EXISTS event_seq_seq"))
    order_text_by_bytes(connection, tables)


def order_text_by_bytes(connection: sa.Connection, tables: list[str]) -> None:
    """Lists are in one order on every server, and no index is broken by an upgrade of the system's language data."""
    changes: dict[str, list[str]] = {}
    for row in connection.execute(_TEXT_COLUMNS, {"tables": tables}):
        kind = "text" if row.data_type == "text" else f"varchar({row.character_maximum_length})"
        changes.setdefault(row.table_name, []).append(f'ALTER COLUMN "{row.column_name}" TYPE {kind} COLLATE "C"')
    for table, columns in changes.items():
        connection.execute(sa.text(f'ALTER TABLE "{table}" {", ".join(columns)}'))


def follows_this_cluster(connection: sa.Connection) -> bool:
    """False after a restore into another cluster, whose transactions are younger than the events that came along."""
    row = connection.execute(_NEWEST).one()
    return bool(row.newest < row.following + row.base)


def follow_this_cluster(connection: sa.Connection) -> None:
    """New events come after those that came along, and readers see them."""
    row = connection.execute(_NEWEST).one()
    if row.newest >= row.following + row.base:
        connection.execute(sa.text(_BASE.format(base=row.newest + 1 - row.following)))
