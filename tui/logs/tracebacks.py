"""Tracebacks within messages: their frames, and the one row that stands for all of them when they are folded. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["Frame", "MessageRow", "message_rows", "own_frame"]

_HEADER: Final = re.compile(r"^[\s|+-]*(?:Exception Group )?Traceback \(most recent call last\):\s*$")
_FRAME: Final = re.compile(r'^[\s|]*File "([^"]+)", line (\d+)(?:, in (.+))?$')
_LIBRARY: Final = (
    "/site-packages/",
    "/dist-packages/",
    "/lib/python3",
    "/lib64/python3",
    "\\Lib\\",
    "/flowtui/engine/",
)
_LEAST: Final = 2
"""Frames from which on folding saves anything."""


class Frame(NamedTuple):
    """One call of a traceback."""

    file: str
    line: int
    function: str

    @property
    def is_own(self) -> bool:
        """Whether it is code of the user, and not of a library or of Python."""
        return not self.file.startswith("<") and not any(part in self.file for part in _LIBRARY)


class MessageRow(NamedTuple):
    """One line of a message as it is shown: not yet safe."""

    text: str
    frame: Frame | None = None
    """The call that it belongs to."""
    folded: int = 0
    """How many calls it stands for."""


def own_frame(frames: Sequence[Frame]) -> Frame | None:
    """The call that a reader wants to see first: the innermost of the user's own code."""
    return next((frame for frame in reversed(frames) if frame.is_own), frames[-1] if frames else None)


def message_rows(message: str, folded: bool = True) -> tuple[MessageRow, ...]:
    """The lines of a message; each traceback of several calls is one row when it is folded. An empty one has one."""
    if "\n" not in message and "\t" not in message:
        return (MessageRow(message),)
    return _rows(message, folded)


@lru_cache(1024)
def _rows(message: str, folded: bool) -> tuple[MessageRow, ...]:
    lines = message.replace("\r\n", "\n").rstrip("\n").expandtabs(4).split("\n")
    rows: list[MessageRow] = []
    at = 0
    raised: Frame | None = None
    while at < len(lines):
        if _HEADER.match(lines[at]):
            end = at + 1
            while end < len(lines) and lines[end].startswith((" ", "|")) and not _HEADER.match(lines[end]):
                end += 1
            part, raised = _traceback(lines[at:end], folded)
            rows.extend(part)
            at = end
        else:
            rows.append(MessageRow(lines[at], raised))  # the exception itself belongs to the call that shows best
            raised = None
            at += 1
    return tuple(rows)


def _traceback(lines: list[str], folded: bool) -> tuple[list[MessageRow], Frame | None]:
    """The rows of one traceback, without the line that names the exception, and the call to see first."""
    rows: list[MessageRow] = []
    frame: Frame | None = None
    frames: list[Frame] = []
    for line in lines:
        match = _FRAME.match(line)
        if match:
            frame = Frame(match[1], int(match[2]), match[3] or "")
            frames.append(frame)
        rows.append(MessageRow(line, frame))
    shown = own_frame(frames)
    if not folded or len(frames) < _LEAST or shown is None:
        return [row if row.frame is not None else MessageRow(row.text, shown) for row in rows], shown
    at = next(index for index, row in enumerate(rows) if row.frame is shown)
    code = rows[at + 1].text.strip() if at + 1 < len(rows) and rows[at + 1].frame is shown else ""
    name = re.split(r"[/\\]", shown.file)[-1]
    where = f"{name}:{shown.line}" + (f" in {shown.function}" if shown.function else "")
    words = f"▸ {len(frames)} frames   {where}" + (f"   {code}" if code else "")
    return [MessageRow(words, shown, len(frames))], shown
