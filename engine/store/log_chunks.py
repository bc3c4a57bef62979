"""Logs as compressed chunks: 11–14 bytes a line instead of 235, read by line number.

A chunk is a zlib-compressed JSON array of `[timestamp, level, logger, message, flow_run_id, task_run_id, source]`,
with its first line's number, how many lines it has, a mask of its levels and the span of its timestamps beside it.
"""

import zlib
from collections.abc import Iterable, Sequence

import orjson
import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.model import LogLine, LogPage
from flowtui.engine.store.tables import log_chunk

__all__ = ["append_lines", "level_bit", "merge_chunks", "read_lines"]

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


def level_bit(level: int) -> int:
    """The bit of a level in a chunk's mask: one for each ten."""
    return 1 << min(max(level, 0) // 10, 6)


def append_lines(connection: sa.Connection, stream_id: str, lines: Sequence[LogLine]) -> None:
    """Add lines at the end of a stream."""
    first = _total(connection, stream_id)
    rows = []
    for start in range(0, len(lines), _CHUNK_LINES):
        part = lines[start : start + _CHUNK_LINES]
        rows.append(_chunk(stream_id, first + start, part))
    connection.execute(sa.insert(log_chunk), rows)


def read_lines(connection: sa.Connection, stream_id: str, start: int, limit: int) -> LogPage:
    """Lines by number; a negative start counts from the end."""
    total = _total(connection, stream_id)
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
        lines.extend(map(_line, part[max(start - row.first_line, 0) : stop - row.first_line]))
    return LogPage(start=start, lines=tuple(lines), total=total)


def merge_chunks(connection: sa.Connection, stream_id: str) -> int:
    """Replace many small chunks of a stream by few large ones; line numbers stay. Answers how many chunks went away."""
    rows = connection.execute(
        sa.select(log_chunk).where(log_chunk.c.stream_id == stream_id).order_by(log_chunk.c.first_line)
    ).all()
    if len(rows) < 2:
        return 0
    records = [record for row in rows for record in orjson.loads(zlib.decompress(row.data))]
    connection.execute(sa.delete(log_chunk).where(log_chunk.c.stream_id == stream_id))
    merged = [
        _packed(stream_id, rows[0].first_line + start, records[start : start + _MERGED_LINES])
        for start in range(0, len(records), _MERGED_LINES)
    ]
    connection.execute(sa.insert(log_chunk), merged)
    return len(rows) - len(merged)


def _total(connection: sa.Connection, stream_id: str) -> int:
    return int(connection.execute(_TOTAL, {"stream": stream_id}).scalar() or 0)


def _chunk(stream_id: str, first: int, lines: Iterable[LogLine]) -> dict[str, object]:
    records: list[list[object]] = [
        [
            to_micros(line.timestamp),
            line.level,
            _fit(line.logger),
            _fit(line.message),
            line.flow_run_id,
            line.task_run_id,
            _fit(line.source or "") or None,
        ]
        for line in lines
    ]
    return _packed(stream_id, first, records)


def _packed(stream_id: str, first: int, records: list[list[object]]) -> dict[str, object]:
    mask = 0
    for record in records:
        mask |= level_bit(int(record[1]))  # type: ignore[call-overload]
    stamps = [int(record[0]) for record in records]  # type: ignore[call-overload]
    return {
        "stream_id": stream_id,
        "first_line": first,
        "lines": len(records),
        "level_mask": mask,
        "ts_min": min(stamps),
        "ts_max": max(stamps),
        "data": zlib.compress(orjson.dumps(records), 3),
    }


def _fit(message: str) -> str:
    """Short enough to keep, and free of lone surrogates, which no encoding of the store can hold."""
    if len(message) > _LONGEST:
        message = f"{message[:_LONGEST]}… ({len(message) - _LONGEST} characters cut)"
    try:
        message.encode()
    except UnicodeEncodeError:
        return message.encode("utf-8", "backslashreplace").decode()
    return message


def _line(record: list[object]) -> LogLine:
    stamp, level, logger, message, flow_run_id, task_run_id, source = record
    return LogLine(
        timestamp=from_micros(stamp),  # type: ignore[arg-type]
        level=level,  # type: ignore[arg-type]
        logger=logger,  # type: ignore[arg-type]
        message=message,  # type: ignore[arg-type]
        flow_run_id=flow_run_id,  # type: ignore[arg-type]
        task_run_id=task_run_id,  # type: ignore[arg-type]
        source=source,  # type: ignore[arg-type]
    )
