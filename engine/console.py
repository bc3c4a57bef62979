"""Write lines to the console, at once as long as a person could follow, in parcels when they come by the thousands.

A write wakes whoever reads the other end, which costs more than to make the line. So from 2,000 lines a second on they
wait for each other, for 50 ms at most, and are given their shape only then, which is quicker for many in a row. A
warning is written at once, with what waits before it, and so is everything when a flow ends and when the process does.
"""

import atexit
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flowtui.engine.model import LogLine

__all__ = ["Console"]

Shape = Callable[[LogLine, str], str]
"""How a line of somebody (`Flow run 'grinning-crab'`) looks."""

_WINDOW: Final = timedelta(seconds=0.05)
"""The time over which lines are counted."""
_AT_ONCE: Final = 100
"""Lines within a window that are written one by one."""
_PARCEL: Final = 2_000
_MOST_WAITING: Final = 20_000
"""Twice the lines. With more, whoever has a line writes them: memory stays bounded when the stream is slow."""
_LONGEST_WAIT: Final = 0.05
_IDLE_ROUNDS: Final = 3
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Console:
    """Lines on their way to a stream. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._reset()
        atexit.register(self.flush)
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        """As new: also in a fork, whose parent writes what it has, and whose threads are not there."""
        self._writing = threading.Lock()
        self._waiting: list[Any] = []
        """Lines, each followed by who says it: a pair for each would be one more thing to keep track of for Python."""
        self._stream: Any = None
        self._shape: Shape = _unshaped
        self._since, self._until = _LONG_AGO, _LONG_AGO
        self._count, self._crowded = 0, False
        self._carrier: threading.Thread | None = None

    def write(self, stream: Any, shape: Shape, line: LogLine, who: str, *, urgent: bool) -> None:
        """Write a line to the stream, soon or at once."""
        if not self._since <= line.timestamp < self._until:
            self._begin_window(line.timestamp)
        self._count += 1
        waiting = self._waiting
        if not self._crowded and not waiting and self._count <= _AT_ONCE:
            _put(stream, shape(line, who))
            return
        if stream is not self._stream or shape is not self._shape:
            self._turn_to(stream, shape)
        waiting.extend((line, who))  # without a lock: whoever writes them takes them from this very list
        if urgent or len(waiting) > _MOST_WAITING:
            self.flush()
        elif self._carrier is None:
            self._carry_soon()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            with self._writing:
                self._empty()

    def _begin_window(self, now: datetime) -> None:
        self._crowded = self._count > _AT_ONCE and self._since <= now < self._until + _WINDOW
        self._since, self._until, self._count = now, now + _WINDOW, 0

    def _empty(self) -> None:
        waiting, shape = self._waiting, self._shape
        left = len(waiting)  # not what is added meanwhile: whoever writes would be kept at it by a busy flow
        while left > 0:
            parcel = waiting[: min(left, _PARCEL)]
            left -= len(parcel)
            _put(self._stream, "".join([shape(line, who) for line, who in zip(parcel[::2], parcel[1::2], strict=True)]))
            del waiting[: len(parcel)]  # only now: until then whoever has a line queues behind these

    def _turn_to(self, stream: Any, shape: Shape) -> None:
        """From here on lines go to another stream, or look otherwise."""
        with self._writing:
            self._empty()
            self._stream, self._shape = stream, shape

    def _carry_soon(self) -> None:
        with self._writing:
            if self._carrier is None:
                self._carrier = threading.Thread(target=self._carry, name="flowtui-console", daemon=True)
                self._carrier.start()

    def _carry(self) -> None:
        """Write what waits, again and again, until for a while nothing has."""
        idle = 0
        while idle <= _IDLE_ROUNDS:
            time.sleep(_LONGEST_WAIT)
            idle = 0 if self._waiting else idle + 1
            self.flush()
        self._carrier = None
        self.flush()  # whoever added a line just now may still have seen a carrier


def _unshaped(line: LogLine, who: str) -> str:
    return line.message


def _put(stream: Any, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):  # nobody reads it any more; the store has it all the same
        return
