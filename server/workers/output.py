"""What a flow's process writes to its output becomes lines of the run's log."""

import asyncio
import codecs
from collections.abc import Awaitable, Callable
from typing import Final

__all__ = ["LONGEST_LINE", "LineSplitter", "pump", "shown"]

LONGEST_LINE: Final = 16_384
"""Characters. A longer line is kept in pieces of this length."""

_PIECE: Final = 65_536


class LineSplitter:
    """Cuts a stream of bytes into lines of text, without ever waiting for a line longer than `LONGEST_LINE`."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> list[str]:
        """The lines that are complete with `data`; with `final` also the last one, which has no line break."""
        *whole, self._rest = (self._rest + self._decoder.decode(data, final)).split("\n")
        if final or len(self._rest) > LONGEST_LINE:
            whole += [self._rest] if self._rest else []
            self._rest = ""
        return [piece for line in whole for piece in _pieces(_as_seen(line))]


def _as_seen(line: str) -> str:
    """A carriage return starts the line anew, as progress bars do: what a terminal would show in the end."""
    return line.rstrip("\r").rpartition("\r")[2]


def _pieces(line: str) -> list[str]:
    return [line[start : start + LONGEST_LINE] for start in range(0, len(line), LONGEST_LINE)] or [""]


async def pump(stream: asyncio.StreamReader, keep: Callable[[list[str]], Awaitable[None]]) -> str | None:
    """Hand the lines of `stream` to `keep` until its end; answers with the last one that was not empty.

    The next piece is read when the one before is kept, so a flood of output makes its writer wait, not memory grow.
    """
    splitter = LineSplitter()
    last = None
    while data := await stream.read(_PIECE):
        lines = splitter.feed(data)
        last = next((line for line in reversed(lines) if line.strip()), last)
        if lines:
            await keep(lines)
    lines = splitter.feed(b"", final=True)
    if lines:
        await keep(lines)
    return next((line for line in reversed(lines) if line.strip()), last)


def shown(line: str) -> str:
    """A line for the worker's own console: nothing in it that a terminal would obey."""
    return "".join(mark if mark.isprintable() or mark == "\t" else "\N{REPLACEMENT CHARACTER}" for mark in line)
