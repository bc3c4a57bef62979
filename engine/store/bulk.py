"""Many rows in few statements.

SQLite gives Python's lock away for each statement, and takes it back when the busy thread beside it lets go: up to 5 ms
later. So a thousand rows go in by a handful of statements with many rows each, not one by one.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.store.database import Database

__all__ = ["insert_rows", "update_rows", "upsert_rows"]

Row = tuple[Any, ...]
_SIZES: Final = (256, 64, 16, 4, 1)
"""Rows of one statement: few sizes, so that the driver keeps all of them prepared."""


def insert_rows(
    database: Database, connection: sa.Connection, table: sa.Table, names: str, rows: Sequence[Row]
) -> None:
    """Insert rows of these columns (names with a comma between)."""
    if database.is_sqlite:
        _execute(connection, _insert(table, names), "", rows)
    elif rows:
        columns = names.split(", ")
        connection.execute(sa.insert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def upsert_rows(
    database: Database, connection: sa.Connection, table: sa.Table, names: str, rows: Sequence[Row]
) -> None:
    """Insert rows, or replace every given column of those whose primary key is taken."""
    if database.is_sqlite:
        _execute(connection, _insert(table, names), _on_conflict(table, names), rows)
    elif rows:
        columns = names.split(", ")
        connection.execute(database.upsert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def update_rows(
    database: Database, connection: sa.Connection, table: sa.Table, key: str, names: str, rows: Sequence[Row]
) -> None:
    """Set these columns in the rows whose `key`, a column, is the first value of each row; the others follow it."""
    if database.is_sqlite:
        setting = ", ".join(f"{name}=?" for name in names.split(", "))
        statement = f"UPDATE {table.name} SET {setting} WHERE {key}=?"  # noqa: S608 - all three are ours, no data
        connection.exec_driver_sql(statement, [(*row[1:], row[0]) for row in rows])
    elif rows:  # one statement, whose values are as many lists as there are columns
        columns = [key, *names.split(", ")]
        connection.execute(_update(table, key, names), dict(zip(columns, zip(*rows, strict=True), strict=True)))


@cache
def _update(table: sa.Table, key: str, names: str) -> sa.TextClause:
    columns = [key, *names.split(", ")]
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 25 ms that a store in a file need not pay

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    kinds = {name: table.c[name].type.compile(dialect=dialect) for name in columns}
    lists = ", ".join(f"CAST(:{name} AS {kinds[name]}[])" for name in columns)
    setting = ", ".join(f"{name} = new.{name}" for name in names.split(", "))
    return sa.text(
        f"UPDATE {table.name} SET {setting} FROM unnest({lists}) AS new ({', '.join(columns)})"  # noqa: S608 - as above
        f" WHERE {table.name}.{key} = new.{key}"
    ).bindparams(*(sa.bindparam(name, type_=_List()) for name in columns))


class _List(sa.types.UserDefinedType[Any]):
    """Handed to the driver as it is."""

    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        return list


def _insert(table: sa.Table, names: str) -> str:
    return f"INSERT INTO {table.name} ({names}) VALUES "  # noqa: S608 - both are ours, no data


@cache
def _on_conflict(table: sa.Table, names: str) -> str:
    key = [column.name for column in table.primary_key]
    changing = ", ".join(f"{name}=excluded.{name}" for name in names.split(", ") if name not in key)
    return f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changing}"


def _execute(connection: sa.Connection, head: str, tail: str, rows: Sequence[Row]) -> None:
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            part = rows[start : start + size]
            connection.exec_driver_sql(_statement(head, tail, size, len(part[0])), tuple(_flat(part)))
            start += size


def _flat(rows: Sequence[Row]) -> list[Any]:
    flat: list[Any] = []
    for row in rows:
        flat += row
    return flat


@cache
def _statement(head: str, tail: str, rows: int, columns: int) -> str:
    one = f"({', '.join('?' * columns)})"
    return f"{head}{', '.join([one] * rows)}{tail}"
