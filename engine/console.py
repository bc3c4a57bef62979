"""Write lines to the console, at once as long as a person could follow, in parcels when they come by the thousands.

A write wakes whoever reads the other end, which costs more than to make the line. So from 2,000 lines a second on they
wait for each other, for 30 ms at most. A warning is written at once, with what waits before it, and so is everything
when a flow ends and when the process does.
"""

import atexit
import os
import threading
import time
from typing import Any, Final

__all__ = ["Console"]

_WINDOW: Final = 0.05
"""Seconds over which lines are counted."""
_AT_ONCE: Final = 100
"""Lines within a window that are written one by one."""
_PARCEL: Final = 256
_LONGEST_WAIT: Final = 0.03
_IDLE_ROUNDS: Final = 3


class Console:
    """Lines on their way to a stream. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._reset()
        atexit.register(self.flush)
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        """As new: also in a fork, whose parent writes what it has, and whose threads are not there."""
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._stream: Any = None
        self._window, self._count, self._crowded = 0.0, 0, False
        self._carrier: threading.Thread | None = None

    def write(self, stream: Any, text: str, now: float, *, urgent: bool) -> None:
        """Write a line to the stream, soon or at once; `now` is its time in seconds."""
        if now - self._window > _WINDOW or now < self._window:
            self._crowded = self._count > _AT_ONCE and now - self._window < 2 * _WINDOW
            self._window, self._count = now, 0
        self._count += 1
        if not self._waiting and not self._crowded and self._count <= _AT_ONCE:
            _put(stream, text)
            return
        with self._lock:
            if stream is not self._stream:
                self._empty()
                self._stream = stream
            self._waiting.append(text)
            if urgent or len(self._waiting) >= _PARCEL:
                self._empty()
            elif self._carrier is None:
                self._carrier = threading.Thread(target=self._carry, name="flowtui-console", daemon=True)
                self._carrier.start()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            with self._lock:
                self._empty()

    def _empty(self) -> None:
        if self._waiting:
            _put(self._stream, "".join(self._waiting))
            self._waiting = []  # only now: until then whoever has a line queues behind these

    def _carry(self) -> None:
        """Write what waits, again and again, until for a while nothing has."""
        idle = 0
        while True:
            time.sleep(_LONGEST_WAIT)
            with self._lock:
                idle = 0 if self._waiting else idle + 1
                self._empty()
                if idle > _IDLE_ROUNDS:
                    self._carrier = None
                    return


def _put(stream: Any, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):  # nobody reads it any more; the store has it all the same
        return
