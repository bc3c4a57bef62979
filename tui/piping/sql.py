"""Questions in SQL about records: SQLite in memory, which can only be read and does not run for long."""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flowtui.engine.errors import UsageError
from flowtui.tui.piping.records import Row

__all__ = ["Answer", "SqlTable"]

_SECONDS: Final = 5.0
_ROWS: Final = 10_000
"""Rows of an answer."""
_LONGEST: Final = 10_000_000
"""Bytes of one value: a function could make more than the machine has."""
_MAY: Final = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, getattr(sqlite3, "SQLITE_RECURSIVE", 33)}
)
_STEPS: Final = 10_000
"""Steps of SQLite's machine between two looks at the clock: some tenths of a millisecond."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question was answered with."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool
    """Whether there are more rows than were fetched."""
    seconds: float


class SqlTable:
    """One table of records. All of it is called in threads, one call after the other."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        self.name, self.columns = name, tuple(columns)
        self.count = 0
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        quoted = ", ".join(_quoted(column) for column in self.columns)
        self._connection.execute(f"create table {_quoted(name)} ({quoted})")
        self._insert = f"insert into {_quoted(name)} values ({', '.join('?' * len(self.columns))})"  # noqa: S608 - quoted

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows, before anything is asked."""
        values = [tuple(_value(row.get(column)) for column in self.columns) for row in rows]
        self._connection.executemany(self._insert, values)
        self.count += len(values)

    def ask(self, question: str, seconds: float = _SECONDS) -> Answer:
        """Answer a question. Raises `UsageError` with what is wrong with it."""
        begun = time.monotonic()
        connection = self._connection
        connection.commit()
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(lambda: time.monotonic() - begun > seconds, _STEPS)
        try:
            cursor = connection.execute(question)
            rows = cursor.fetchmany(_ROWS + 1)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise UsageError(self._sentence(str(error), seconds)) from None
        finally:
            connection.set_progress_handler(None, 0)
            connection.set_authorizer(None)
        columns = tuple(entry[0] for entry in cursor.description or ())
        return Answer(columns, tuple(rows[:_ROWS]), len(rows) > _ROWS, time.monotonic() - begun)

    def close(self) -> None:
        """Forget the rows."""
        self._connection.close()

    def _sentence(self, said: str, seconds: float) -> str:
        if "interrupted" in said:
            return f"The question took longer than {seconds:g} s and was given up; ask for less, or join on fewer rows."
        if "not authorized" in said or "prohibited" in said:
            return "The rows can only be read: a question begins with select."
        if "no such column" in said:
            return f"SQL says: {said}. {self.name} has {', '.join(self.columns)}."
        if "no such table" in said:
            return f"SQL says: {said}. The rows are called {self.name}."
        if "one statement" in said:
            return "One question at a time: there is something behind the semicolon."
        return f"SQL says: {said}."


def _authorize(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _MAY else sqlite3.SQLITE_DENY


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _value(value: Any) -> Any:
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value if isinstance(value, (str, int, float, bytes, type(None))) else str(value)
