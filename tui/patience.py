"""The thread that reads keys, at rest while there is nothing to read."""

import os
import select
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

__all__ = ["UntilInput"]

_LIVELY: Final = 0.5
"""Seconds after input for which Textual goes on asking: an escape is a key of its own when nothing follows it."""


class UntilInput(threading.Event):
    """What Textual's reader asks ten times a second, in between two looks for input: whether to end. For the reader the
    answer takes as long as there is nothing to read; to wake up for it took a sixth of all that idling costs.

    `gone` is called once when the terminal has gone away, of which Textual would read for ever; then `set` ends it.
    """

    def __init__(self, terminal: int, gone: Callable[[], None]) -> None:
        super().__init__()
        self._terminal, self._gone, self._is_gone = terminal, gone, False
        self._sleep_end, self._wake_end = os.pipe()
        os.set_blocking(self._sleep_end, False)
        self._reader: int | None = None
        self._lively = 0.0

    def read_here(self) -> None:
        """The calling thread is the reader."""
        self._reader, self._lively = threading.get_ident(), time.monotonic()

    def is_set(self) -> bool:
        if threading.get_ident() == self._reader and not super().is_set():
            self._rest()
        return super().is_set()

    def set(self) -> None:
        super().set()
        os.write(self._wake_end, b".")

    def clear(self) -> None:
        super().clear()
        with suppress(BlockingIOError):
            os.read(self._sleep_end, 1024)

    def _rest(self) -> None:
        lively = not self._is_gone and time.monotonic() - self._lively < _LIVELY
        awaited = [self._sleep_end] if self._is_gone else [self._sleep_end, self._terminal]
        found = select.select(awaited, [], [], 0 if lively else None)[0]
        if found:
            self._lively = time.monotonic()
        if self._terminal in found and _has_hung_up(self._terminal):
            self._is_gone = True
            self._gone()
            self._rest()


def _has_hung_up(terminal: int) -> bool:
    """Whether what can be read is the end. Elsewhere `poll` knows no terminals."""
    if sys.platform != "linux":
        return False
    found = select.poll()
    found.register(terminal, select.POLLIN)
    return any(event & (select.POLLHUP | select.POLLERR) for _, event in found.poll(0))
