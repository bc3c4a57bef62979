"""Notice commits, of this process at once and of others within a blink (DESIGN D9)."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from flowtui.engine.store.database import Database
from flowtui.engine.store.notices import Notices

__all__ = ["Commits"]


class Commits:
    """A number that grows with every commit seen, and a way to wait until it does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._news = threading.Condition(threading.Lock())
        self._number = 1
        self._open = ExitStack()
        self._watch: Callable[[], int] | None = None
        self._last: int | None = None
        self._closed = False
        self._notices = None if database.is_sqlite else Notices(database, self._count)

    def announce(self) -> None:
        """This process has committed."""
        self._count()
        if self._notices is not None:
            self._notices.tell()

    def wait(self, seen: int, timeout: float, within: float) -> int:
        """Block until the number differs from `seen`, for at most `timeout` seconds; answer the number. On SQLite it is
        looked every `within` seconds whether another process has committed; on PostgreSQL it is told.

        Raises `StoreError` when the store cannot be watched for now.
        """
        deadline = time.monotonic() + timeout
        if self._notices is not None:
            self._notices.listen()
        with self._news:
            self._look()
            while self._number == seen and not self._closed:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(left if self._notices is not None else min(left, within))
                self._look()
            if self._notices is not None and self._notices.trouble is not None and not self._closed:
                raise self._notices.trouble
            return self._number

    def close(self) -> None:
        """Whoever waits returns. Other processes are told of the last commits first."""
        with self._news:
            self._closed = True
            self._open.close()
            self._news.notify_all()
        if self._notices is not None:
            self._notices.close()

    def _count(self) -> None:
        with self._news:
            self._number += 1
            self._news.notify_all()

    def _look(self) -> None:
        """On SQLite: count a commit of another connection, when there was one since the last look."""
        if self._closed or self._notices is not None:
            return
        if self._watch is None:
            self._watch = self._open.enter_context(self._database.watch())
        now = self._watch()
        if now != self._last:
            if self._last is not None:
                self._number += 1
                self._news.notify_all()
            self._last = now
