"""Notice commits, of this process at once and of others within a blink (DESIGN D9)."""

import threading
import time
from typing import Final

import sqlalchemy as sa

from flowtui.engine.store.database import Database

__all__ = ["Commits"]

# How often a waiting reader looks whether another process has committed: 5 µs a look, and quicker than an eye.
_LOOK_SECONDS: Final = 0.02


class Commits:
    """A number that grows with every commit seen, and a way to wait until it does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._news = threading.Condition(threading.Lock())
        self._number = 1
        self._connection: sa.Connection | None = None
        self._last: int | None = None
        self._closed = False

    def announce(self) -> None:
        """This process has committed."""
        with self._news:
            self._number += 1
            self._news.notify_all()

    def wait(self, seen: int, timeout: float) -> int:
        """Block until the number differs from `seen`, for at most `timeout` seconds; answer the number."""
        deadline = time.monotonic() + timeout
        with self._news:
            self._look()
            while self._number == seen and not self._closed:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(min(left, _LOOK_SECONDS))
                self._look()
            return self._number

    def close(self) -> None:
        with self._news:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._news.notify_all()

    def _look(self) -> None:
        """Count a commit of another connection, when there was one since the last look."""
        if self._closed:
            return
        if self._connection is None:
            # Kept open on purpose: data_version is only comparable within one connection, outside transactions.
            self._connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        now = self._database.commits_seen(self._connection)
        if now != self._last:
            if self._last is not None:
                self._number += 1
                self._news.notify_all()
            self._last = now
