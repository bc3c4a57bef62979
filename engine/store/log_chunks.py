"""Logs as compressed chunks: 11–14 bytes a line instead of 235, read by line number.

A chunk is a zlib-compressed JSON array of `[timestamp, level, logger, message, flow_run_id, task_run_id, source,
function, extra, task_attempt]`, the last three left out in older ones; beside it stand its first line's number, how
many lines it has, a mask of its levels, the span of its timestamps, and by how much the clock was off by which they
were written, where it was.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.model import LogLine, LogPage
from flowtui.engine.store.log_clocks import clocks_of, clocks_within, dump_clocks
from flowtui.engine.store.tables import log_chunk, run_stats

__all__ = ["append_lines", "level_bit", "line_of", "merge_chunks", "read_lines", "total_lines"]

_CHUNK_LINES = 1000
_MERGED_LINES = 5000
_LONGEST = 1_000_000
"""Characters of one message that are kept; what is beyond is cut with a mark."""


_TOTAL = (
    sa.select(log_chunk.c.first_line + log_chunk.c.lines)
    .where(log_chunk.c.stream_id == sa.bindparam("stream"))
    .order_by(log_chunk.c.first_line.desc())
    .limit(1)
)
# The number of its first line is looked up by the statement itself: each statement gives Python's lock away and has to
# wait for it again, beside a busy flow.
_APPEND = (
    sa.insert(log_chunk)
    .values(
        {name: sa.bindparam(name) for name in ("lines", "level_mask", "ts_min", "ts_max", "data", "clocks")}
        | {"stream_id": sa.bindparam("stream"), "first_line": sa.func.coalesce(_TOTAL.scalar_subquery(), 0)}
    )
    .inline()
)  # nobody asks which number it was


def level_bit(level: int) -> int:
    """The bit of a level in a chunk's mask: one for each ten."""
    return 1 << min(max(level, 0) // 10, 6)


def append_lines(connection: sa.Connection, stream_id: str, lines: Sequence[LogLine], ahead: int = 0) -> None:
    """Add lines at the end of a stream; the store's clock is `ahead` of theirs by so many microseconds."""
    for start in range(0, len(lines), _CHUNK_LINES):
        records = list(map(_record, lines[start : start + _CHUNK_LINES]))
        clocks = dump_clocks([(len(records), ahead)])
        connection.execute(_APPEND, {"stream": stream_id, **_packed(records), "clocks": clocks})


def read_lines(connection: sa.Connection, stream_id: str, start: int, limit: int) -> LogPage:
    """Lines by number; a negative start counts from the end."""
    total = total_lines(connection, stream_id)
    start = max(total + start, 0) if start < 0 else min(start, total)
    stop = min(start + limit, total)
    if start >= stop:
        return LogPage(start=start, lines=(), total=total)
    holds_start = (
        sa.select(sa.func.max(log_chunk.c.first_line))
        .where(log_chunk.c.stream_id == stream_id, log_chunk.c.first_line <= start)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(log_chunk.c.first_line, log_chunk.c.data)
        .where(log_chunk.c.stream_id == stream_id, log_chunk.c.first_line >= holds_start, log_chunk.c.first_line < stop)
        .order_by(log_chunk.c.first_line)
    ).all()
    lines: list[LogLine] = []
    for row in rows:
        part = orjson.loads(zlib.decompress(row.data))
        lines.extend(map(line_of, part[max(start - row.first_line, 0) : stop - row.first_line]))
    return LogPage(start=start, lines=tuple(lines), total=total)


def merge_chunks(connection: sa.Connection, stream_id: str) -> int:
    """Replace many small chunks of a stream by few large ones; line numbers stay. Answers how many chunks went away."""
    # As whoever appends does: a late line is not to be lost in between. (SQLite has locked everything.)
    connection.execute(sa.select(run_stats.c.lines).where(run_stats.c.flow_run_id == stream_id).with_for_update())
    rows = connection.execute(
        sa.select(log_chunk).where(log_chunk.c.stream_id == stream_id).order_by(log_chunk.c.first_line)
    ).all()
    if len(rows) < 2:
        return 0
    records = [record for row in rows for record in orjson.loads(zlib.decompress(row.data))]
    clocks = [clock for row in rows for clock in clocks_of(row.clocks, row.lines)]
    connection.execute(sa.delete(log_chunk).where(log_chunk.c.stream_id == stream_id))
    merged = [
        {
            "stream_id": stream_id,
            "first_line": rows[0].first_line + start,
            **_packed(records[start : start + _MERGED_LINES]),
            "clocks": dump_clocks(clocks_within(clocks, start, start + _MERGED_LINES)),
        }
        for start in range(0, len(records), _MERGED_LINES)
    ]
    connection.execute(sa.insert(log_chunk), merged)
    return len(rows) - len(merged)


def total_lines(connection: sa.Connection, stream_id: str) -> int:
    return int(connection.execute(_TOTAL, {"stream": stream_id}).scalar() or 0)


def _record(line: LogLine) -> list[object]:
    return [
        to_micros(line.timestamp),
        line.level,
        line.logger,
        line.message if len(line.message) <= _LONGEST else _cut(line.message),
        line.flow_run_id,
        line.task_run_id,
        line.source,
        line.function,
        line.extra and dict(line.extra),
        line.task_attempt,
    ]


def _packed(records: list[list[Any]]) -> dict[str, object]:
    """The columns of a chunk with these records."""
    mask = 0
    for level in {record[1] for record in records}:
        mask |= level_bit(level)
    stamps = [record[0] for record in records]
    return {
        "lines": len(records),
        "level_mask": mask,
        "ts_min": min(stamps),
        "ts_max": max(stamps),
        "data": zlib.compress(_json(records), 3),
    }


def _json(records: list[list[Any]]) -> bytes:
    try:
        return orjson.dumps(records, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a lone surrogate, which no encoding can hold, or an `extra` that nothing can write
        return orjson.dumps([[_writable(field) for field in record] for record in records])


def _writable(field: Any) -> Any:
    if isinstance(field, str):
        return field.encode("utf-8", "backslashreplace").decode()
    return (
        {_writable(str(name)): _writable(str(item)) for name, item in field.items()}
        if isinstance(field, dict)
        else field
    )


def _cut(message: str) -> str:
    return f"{message[:_LONGEST]}… ({len(message) - _LONGEST} characters cut)"


def line_of(record: list[Any]) -> LogLine:
    stamp, level, logger, message, flow_run_id, task_run_id, source, *more = record
    function, extra, attempt = (*more, None, None, None)[:3]
    return LogLine(
        timestamp=from_micros(stamp),
        level=level,
        logger=logger,
        message=message,
        flow_run_id=flow_run_id,
        task_run_id=task_run_id,
        source=source,
        function=function,
        extra=extra,
        task_attempt=attempt,
    )
