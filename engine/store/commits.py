"""Notice commits, of this process at once and of others within a blink (DESIGN D9)."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from math import inf
from typing import Final

from flowtui.engine.store.database import Database
from flowtui.engine.store.file_events import file_events
from flowtui.engine.store.notices import Notices

__all__ = ["Commits"]

_SHORT_SECONDS: Final = 5.0
"""Who has followed the store for so long is likely to stay: from then on the system tells of writes, where it can."""
_ASK_SECONDS: Final = 0.5
_ASK_TRUSTED_SECONDS: Final = 2.0
"""How often it is looked all the same, since what tells may be lost, or tell nothing of a file on another machine; the
second, where it has told of the last commit."""
_ASK_SELDOMER: Final = 5
"""How much seldomer it is looked than without, at most."""


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
        self._listens_at: float | None = None
        """When to ask the system to tell of writes; it is asked once."""
        self._told = False
        """The system is asked to tell of writes to the store's file."""
        self._trusted = False
        """It has told of the last commit before that was seen by looking."""
        self._notices = None if database.is_sqlite else Notices(database, self._count)

    def announce(self) -> None:
        """This process has committed."""
        with self._news:
            self._skip_own()
            self._number += 1
            self._news.notify_all()
        if self._notices is not None:
            self._notices.tell()

    def wait(self, seen: int, timeout: float, within: float) -> int:
        """Block until the number differs from `seen`, for at most `timeout` seconds; answer the number. On SQLite it is
        looked every `within` seconds whether another process has committed, unless the system tells of it; on
        PostgreSQL those tell who commit.

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
                self._news.wait(min(left, self._pause(within)))
                if self._look():
                    self._trusted = False  # nobody has told of it
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

    def _pause(self, within: float) -> float:
        """How long to wait before it is looked whether another process has committed."""
        if self._notices is not None:
            return inf
        now = time.monotonic()
        if self._listens_at is None:
            self._listens_at = now + _SHORT_SECONDS
        elif not self._told and now >= self._listens_at:
            self._listens_at = inf
            self._listen()
        if not self._told:
            return within
        return max(within * _ASK_SELDOMER, _ASK_TRUSTED_SECONDS if self._trusted else _ASK_SECONDS)

    def _listen(self) -> None:
        written = self._database.written_file
        end = file_events.listen(written, self._hear) if written is not None else None
        if end is not None:
            self._told = True
            self._open.callback(end)

    def _hear(self) -> bool:
        """The store's file was written to: whether that was a commit."""
        with self._news, suppress(Exception):  # whoever waits meets the same error before long
            if self._look():
                self._trusted = True
                return True
        return False

    def _count(self) -> None:
        with self._news:
            self._number += 1
            self._news.notify_all()

    def _skip_own(self) -> None:
        """On SQLite: see the commit that is about to be counted, and all before it, so that it is not counted again."""
        if self._watch is not None and not self._closed:
            with suppress(Exception):  # whoever waits meets the same error before long
                self._last = self._watch()

    def _look(self) -> bool:
        """On SQLite: count a commit of another connection; whether there was one since the last look."""
        if self._closed or self._notices is not None:
            return False
        if self._watch is None:
            self._watch = self._open.enter_context(self._database.watch())
        now = self._watch()
        if now != self._last:
            if self._last is not None:
                self._number += 1
                self._news.notify_all()
            self._last = now
            return True
        return False
