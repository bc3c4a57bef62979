"""Lines of a log as records: what is saved, piped and asked by SQL, under names that stay. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from flowtui.engine.model import LogLine
from flowtui.tui.log_text import level_word

__all__ = ["COLUMNS", "record_of", "text_of"]

COLUMNS: Final = (
    "timestamp",
    "level",
    "level_number",
    "logger",
    "flow_run_id",
    "task_run_id",
    "task_run",
    "task_attempt",
    "file",
    "line",
    "function",
    "message",
    "extra",
)


def record_of(line: LogLine, tasks: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A line as a JSON object; times in ISO 8601 and UTC."""
    file, _, number = (line.source or "").rpartition(":")
    return {
        "timestamp": line.timestamp.isoformat().replace("+00:00", "Z"),
        "level": level_word(line.level),
        "level_number": line.level,
        "logger": line.logger,
        "flow_run_id": line.flow_run_id,
        "task_run_id": line.task_run_id,
        "task_run": (tasks or {}).get(line.task_run_id or ""),
        "task_attempt": line.task_attempt,
        "file": file or None,
        "line": int(number) if number.isdecimal() else None,
        "function": line.function,
        "message": line.message,
        "extra": dict(line.extra) if line.extra else None,
    }


def text_of(row: Mapping[str, Any]) -> str:
    """A record as text: `2026-11-20T13:58:41.204Z  INFO     load-0  message`, tracebacks as they are."""
    time = str(row["timestamp"])
    task = f"{row['task_run']}  " if row.get("task_run") else ""
    return f"{time:<27} {row['level']:<8} {task}{str(row['message']).rstrip()}"
