"""Lines of a log as records: what is saved, piped and asked by SQL, under names that stay. Pure."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

from flowtui.engine.model import LogLine
from flowtui.tui.formats import log_time
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
        "file": file or None,
        "line": int(number) if number.isdecimal() else None,
        "function": line.function,
        "message": line.message,
        "extra": dict(line.extra) if line.extra else None,
    }


def text_of(line: LogLine, zone: tzinfo | None, tasks: Mapping[str, str]) -> str:
    """A line as text: `13:58:41.204  INFO     load-0  message`, tracebacks as they are."""
    task = tasks.get(line.task_run_id or "", "")
    lead = f"{log_time(line.timestamp, zone)}  {level_word(line.level):<8} "
    return f"{lead}{task + '  ' if task else ''}{line.message.rstrip()}"
