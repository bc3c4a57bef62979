"""How a log line looks: time, level, and the message with its own colours. Pure."""

from collections.abc import Mapping
from datetime import tzinfo
from functools import lru_cache
from typing import Final

from flowtui.engine.model import LogLine
from flowtui.tui.formats import log_time
from flowtui.tui.sgr import parse_sgr
from flowtui.tui.widgets.paint import Span

__all__ = ["INDENT", "level_role", "level_word", "line_rows", "message_lines"]

INDENT: Final = 24
"""Cells before the message: `13:58:41.204  INFO      `."""


_NAME: Final = 14
"""Cells that names of tasks take at least, so that most messages begin below one another."""
_NOBODY: Final[Mapping[str, str]] = {}


@lru_cache(64)
def level_word(level: int) -> str:
    """The name of a level, at most eight characters."""
    names = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
    return names.get(level, f"LEVEL{level}"[:8])


@lru_cache(64)
def level_role(level: int) -> str:
    """The role that colours a level."""
    if level >= 40:
        return "error"
    if level >= 30:
        return "warning"
    return "info" if level >= 20 else "debug"


def message_lines(message: str) -> list[str]:
    """The lines of a message, as they are: not yet safe. An empty message has one."""
    if "\n" not in message and "\t" not in message:
        return [message]
    return message.replace("\r\n", "\n").rstrip("\n").expandtabs(4).split("\n")


def line_rows(line: LogLine, zone: tzinfo | None, names: Mapping[str, str] = _NOBODY) -> list[list[Span]]:
    """One list of spans for each screen line; the first carries time and level, the others are indented.

    A line of a task run whose name is known begins with it.
    """
    role = level_role(line.level)
    body = "error" if line.level >= 40 else "warning" if line.level >= 30 else "text" if line.level >= 20 else "debug"
    rows: list[list[Span]] = []
    for number, part in enumerate(message_lines(line.message)):
        start: list[Span] = (
            [(f"{log_time(line.timestamp, zone)}  ", "faint"), (f"{level_word(line.level):<8}  ", role)]
            if number == 0
            else [(" " * INDENT, "")]
        )
        pieces: list[Span] = [(text, style if style else body) for text, style in parse_sgr(part)]
        name = names.get(line.task_run_id or "") if number == 0 else None
        if name is not None:
            start.append((f"{name:<{_NAME}}  ", "muted"))
        rows.append([*start, *pieces])
    return rows
