"""A process is not forked in the middle of a transaction: its copy would wait for locks that nobody gives back.

SQLite keeps within the process which locks its connections hold. A copy that was made while another thread wrote takes
that lock for its own for ever. So a fork waits until no thread is in the store, and threads wait until it is done.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["not_forked"]

_PATIENCE_SECONDS: Final = 10.0
"""How long a fork waits: for ever it would if it were called within a transaction of its own thread."""


class _Gate:
    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """As it is at first, and in a copy, which has none of the threads that may have been inside."""
        self._change = threading.Condition(threading.Lock())
        self._inside = 0

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self._change:
            self._inside += 1
        try:
            yield
        finally:
            with self._change:
                self._inside -= 1
                if not self._inside:
                    self._change.notify_all()

    def close(self) -> None:
        """Wait until nobody is inside, and let nobody in."""
        self._change.acquire()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._inside and (left := deadline - time.monotonic()) > 0:
            self._change.wait(left)

    def open(self) -> None:
        self._change.release()


_gate: Final = _Gate()
not_forked: Final = _gate.inside
"""Within the block this process is not forked."""

os.register_at_fork(before=_gate.close, after_in_parent=_gate.open, after_in_child=_gate.renew)
