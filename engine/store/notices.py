"""Hints between processes on one PostgreSQL server: who commits tells the others, who waits is told.

They are hints. The server may lose them, a pooler in between may swallow them; so each process also asks, rarely,
whether anybody has committed. One thread and one connection for a process: it tells at most 20 times a second, whatever
is committed, outside everybody's transactions, because telling takes a lock that all databases of the server share.
"""

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.errors import StoreError
from flowtui.engine.store.database import Database
from flowtui.engine.store.postgres import in_words

__all__ = ["Notices"]

_CHANNEL: Final = "flowtui"
_TELL_SECONDS: Final = 0.05
_ASK_SECONDS: Final = 2.0
"""How late a waiting reader is, at most, when hints are lost."""
_ASK_AGAIN_SECONDS: Final = 0.5
"""Who was told of a commit asks at once, if not so soon again, so as not to take the same commit for news later."""
_RECONNECT_SECONDS: Final = 0.25
_CLOSE_SECONDS: Final = 5.0
_ASK: Final = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"  # moves with every transaction that has written


class Notices:
    """Calls `on_news` after commits of other processes, and when it is not sure. Starts with its first use."""

    def __init__(self, database: Database, on_news: Callable[[], None]) -> None:
        self._database = database
        self._on_news = on_news
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wanted = False
        self._untold = False
        self._closing = False
        self._heard = False
        """There is news that `on_news` has not been called for."""
        self._settled = threading.Event()
        """The first try to listen is over."""
        self._wake_end, self._sleep_end = -1, -1
        self.trouble: StoreError | None = None
        """Why nothing can be heard at present."""

    def tell(self) -> None:
        """This process has committed."""
        if not self._untold:
            self._untold = True
            self._start()
            self._wake()

    def listen(self) -> None:
        """Be told from now on. Waits until that is so, or cannot be for now."""
        if not self._wanted:
            self._wanted = True
            self._start()
            self._wake()
        self._settled.wait(_CLOSE_SECONDS)

    def close(self) -> None:
        """Tell what is untold, then end."""
        with self._lock:
            self._closing = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._wake()
            if thread is not threading.current_thread():
                thread.join(_CLOSE_SECONDS)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closing:
                self._sleep_end, self._wake_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
                self._thread = threading.Thread(target=self._run, name="flowtui-notices", daemon=True)
                self._thread.start()

    def _wake(self) -> None:
        with suppress(BlockingIOError, OSError):  # it is full of wakes, or closed: there is nobody to be woken
            os.write(self._wake_end, b".")

    def _run(self) -> None:
        try:
            while not self._closing or self._untold:
                try:
                    self._serve()
                except Exception as error:  # whatever it is, the next connection may do better
                    self._fall_silent(error)
                    if self._closing:
                        return
                    self._rest(_RECONNECT_SECONDS)
        finally:
            self._settled.set()
            os.close(self._wake_end)
            os.close(self._sleep_end)

    def _fall_silent(self, error: Exception) -> None:
        if isinstance(error, sa.exc.DBAPIError):
            error = in_words(error, self._database.url)
        self.trouble = error if isinstance(error, StoreError) else StoreError(f"The store cannot be watched: {error}")
        self._settled.set()
        self._on_news()

    def _serve(self) -> None:
        """Tell and listen on one connection, until this ends or the connection does."""
        with self._database.apart() as connection:
            connection.add_notify_handler(lambda notice: self._hear(connection, notice))
            listening, known, told, asked = False, None, float("-inf"), float("-inf")
            while not self._closing or self._untold:
                now = time.monotonic()
                if self._wanted and not listening:
                    connection.execute(f"LISTEN {_CHANNEL}")
                    listening = True
                if self._untold and (self._closing or now - told >= _TELL_SECONDS):
                    self._untold = False  # before: what is committed from now on is told anew
                    connection.execute(f"NOTIFY {_CHANNEL}")
                    told = now
                    continue  # the wake of a close may have been slept off already
                if listening and now - asked >= (_ASK_AGAIN_SECONDS if self._heard else _ASK_SECONDS):
                    asked, before = now, known
                    known = connection.execute(_ASK).fetchone()[0]
                    if known != before:
                        self.trouble = None
                        self._heard = True
                if self._heard:
                    self._heard = False
                    self._on_news()
                    self._settled.set()
                tell_in = told + _TELL_SECONDS - now if self._untold else _ASK_SECONDS
                ask_in = asked + _ASK_SECONDS - now if listening else _ASK_SECONDS * 60
                if self._rest(min(tell_in, ask_in), connection.fileno()):
                    connection.pgconn.consume_input()
                    while (notice := connection.pgconn.notifies()) is not None:
                        self._hear(connection, notice)

    def _hear(self, connection: Any, notice: Any) -> None:
        pid = notice.be_pid if hasattr(notice, "be_pid") else notice.pid
        if pid != connection.pgconn.backend_pid:
            self._heard = True

    def _rest(self, seconds: float, socket: int | None = None) -> bool:
        """Sleep until woken, or something came over the connection: True."""
        poll = select.poll()
        for fd in (self._sleep_end,) if socket is None else (self._sleep_end, socket):
            poll.register(fd, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(max(seconds, 0) * 1000)}
        if self._sleep_end in ready:
            with suppress(BlockingIOError):
                os.read(self._sleep_end, 4096)
        return socket in ready
