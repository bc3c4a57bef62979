"""What is handed on: rows of a list or lines of a log, as JSON lines, CSV or text. Pure."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

__all__ = ["FORMATS", "Format", "Records", "Row", "encoded", "format_of_file", "header", "records_of_rows"]

Row = Mapping[str, Any]
"""A record: JSON values by name."""
Format = Literal["jsonl", "csv", "text"]
FORMATS: Final[tuple[Format, ...]] = ("jsonl", "csv", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Rows that are read in parts when they are wanted, so that a million lines need no more memory than a page."""

    title: str
    """What they are: `1,240 lines of plucky-heron`."""
    columns: tuple[str, ...]
    """The names in a row, in the order of a table."""
    read: Callable[[], AsyncIterator[Sequence[Row]]]
    text: Callable[[Row], str]
    """A row as a person reads it; may hold line breaks."""
    table: str = "rows"
    """What SQL calls them."""
    env: Mapping[str, str] = field(default_factory=dict)
    """What commands are told of them: `FLOWTUI_FLOW_RUN_ID` and the like."""
    count: int | None = None
    """How many there are, when that is known."""


def records_of_rows(
    title: str,
    rows: Sequence[Row],
    text: Callable[[Row], str],
    *,
    table: str = "rows",
    env: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
) -> Records:
    """Records of rows that are at hand."""
    names = tuple(columns or dict.fromkeys(name for row in rows for name in row))

    async def read() -> AsyncIterator[Sequence[Row]]:
        yield rows

    return Records(title=title, columns=names, read=read, text=text, table=table, env=env or {}, count=len(rows))


def header(records: Records, form: Format) -> bytes:
    """What stands before the rows: the names of the columns, in CSV."""
    return _csv([list(records.columns)]) if form == "csv" else b""


def encoded(records: Records, rows: Sequence[Row], form: Format) -> bytes:
    """Rows in a format, each ended by a line break."""
    if form == "jsonl":
        return "".join(f"{_json(dict(row))}\n" for row in rows).encode("utf-8", "backslashreplace")
    if form == "csv":
        return _csv([[_cell(row.get(name)) for name in records.columns] for row in rows])
    return "".join(f"{records.text(row)}\n" for row in rows).encode("utf-8", "backslashreplace")


def format_of_file(name: str) -> Format:
    """The format that a file's ending says; text when it says none."""
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    return "jsonl" if ending in ("jsonl", "ndjson", "json") else "csv" if ending == "csv" else "text"


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object) -> object:
    return _json(value) if isinstance(value, (dict, list, tuple)) else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
