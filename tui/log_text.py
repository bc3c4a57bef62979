"""How a log line looks: time, level, and the message with its own colours. Pure."""

from collections.abc import Mapping
from datetime import tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

from flowtui.engine.model import LogLine
from flowtui.tui.formats import log_time
from flowtui.tui.logs.tracebacks import Frame, message_rows
from flowtui.tui.sgr import parse_sgr
from flowtui.tui.widgets.paint import Span

__all__ = [
    "INDENT",
    "LEVEL_CELLS",
    "LineRow",
    "body_role",
    "coloured",
    "level_role",
    "level_word",
    "line_rows",
    "task_span",
]

LEVEL_CELLS: Final = 10
"""Cells of the level and the gap behind it."""
INDENT: Final = 24
"""Cells before the message: `13:58:41.204  INFO      `."""

_NAME: Final = 14
"""Cells that names of tasks take at least, so that most messages begin below one another."""
_NOBODY: Final[Mapping[str, str]] = {}


class LineRow(NamedTuple):
    """One screen line of a log line: what stands before the message, and the message."""

    lead: list[Span]
    body: list[Span]
    frame: Frame | None = None


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


def body_role(level: int) -> str:
    """The role that colours a message of a level."""
    return "text" if 20 <= level < 30 else level_role(level)


def task_span(line: LogLine, names: Mapping[str, str]) -> list[Span]:
    """The name of the task run that a line belongs to, when it is known."""
    name = names.get(line.task_run_id or "")
    return [(f"{name:<{_NAME}}  ", "muted")] if name is not None else []


def coloured(text: str, role: str) -> list[Span]:
    """A text with the colours that it brings along; the rest in its role."""
    return [(piece, style if style else role) for piece, style in parse_sgr(text)]


def line_rows(
    line: LogLine, zone: tzinfo | None, names: Mapping[str, str] = _NOBODY, *, folded: bool = True
) -> list[LineRow]:
    """One for each screen line; the first carries time and level, the others are indented.

    A line of a task run whose name is known begins with it.
    """
    role = body_role(line.level)
    rows: list[LineRow] = []
    for number, part in enumerate(message_rows(line.message, folded)):
        lead: list[Span] = [(" " * INDENT, "")]
        body = coloured(part.text, "muted" if part.folded else role)
        if number == 0:
            time, level = log_time(line.timestamp, zone), level_word(line.level)
            lead = [(f"{time}  ", "faint"), (f"{level:<8}  ", level_role(line.level))]
            body = [*task_span(line, names), *body]
        rows.append(LineRow(lead, body, part.frame))
    return rows
