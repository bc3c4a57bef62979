"""Task runners with threads of their own, made when none is idle.

The threads are daemons, unlike those of the standard library's pool: an interrupted script ends at once instead of
waiting for every task that sleeps.
"""

import sys
import threading
import time
from collections import deque
from collections.abc import Collection
from typing import Any

from flowtui.engine.deadlocks import serving
from flowtui.engine.errors import UsageError
from flowtui.engine.runners.alone import BaseTaskRunner
from flowtui.engine.runners.growth import LOOK_SECONDS, Look, at_once, more_threads
from flowtui.engine.runners.protocol import Work
from flowtui.engine.timeouts import raise_in_thread

__all__ = ["PoolTaskRunner"]


class PoolTaskRunner(BaseTaskRunner):
    """Starts work in threads, at most `max_workers` at once (None: as many as are submitted).

    Raises `UsageError` when `max_workers` is less than 1.
    """

    def __init__(self, max_workers: int | None = None) -> None:
        if max_workers is not None and max_workers < 1:
            raise UsageError(f"{self.name}(max_workers={max_workers}): at least one worker is needed.")
        self.max_workers = max_workers
        self._news = threading.Condition(threading.Lock())
        self._waiting: deque[Work] = deque()
        self._busy: set[int] = set()
        self._idle = 0
        self._threads = 0
        self._closed = False
        self._begun = 0
        """How many works were taken so far."""
        self._is_watched = False

    def start(self, work: Work) -> None:
        with self._news:
            work.inner.pool = self
            self._waiting.append(work)
            if self._idle >= len(self._waiting):
                self._news.notify()
            elif self._threads < min(at_once(), self.max_workers or sys.maxsize):
                self._add_thread()
            elif not self._is_watched and self._threads < (self.max_workers or sys.maxsize):
                self._is_watched = True
                threading.Thread(target=self._watch, name="flowtui-growth", daemon=True).start()

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()

    def interrupt(self, error: type[BaseException]) -> None:
        with self._news:
            waiting, self._waiting = self._waiting, deque()
            self._closed = True
            busy = list(self._busy)
            self._news.notify_all()
        for thread_id in busy:
            raise_in_thread(thread_id, error)
        for work in waiting:
            work()

    def crew(self) -> Collection[int] | None:
        """See `flowtui.engine.deadlocks.Pool`."""
        with self._news:
            full = self.max_workers is not None and len(self._busy) >= self.max_workers
            return set(self._busy) if full else None

    def carry_out(self, work: Work) -> None:
        """Called for each work, in one of the threads."""
        work()

    def leave(self) -> None:
        """Called in each of the threads before it ends."""

    def _add_thread(self) -> None:
        self._threads += 1
        name = f"flowtui-task-{self._threads}"
        threading.Thread(target=self._serve, name=name, daemon=True).start()

    def _watch(self) -> None:
        """Add threads as `growth` says, while there is work that no thread has taken."""
        begun, wall, used, stalled = self._begun, time.monotonic(), time.process_time(), 0
        while True:
            time.sleep(LOOK_SECONDS)
            wall_now, used_now = time.monotonic(), time.process_time()
            with self._news:
                stalled = stalled + 1 if self._begun == begun else 0
                begun = self._begun
                share = (used_now - used) / max(wall_now - wall, 1e-9)
                look = Look(len(self._waiting), self._threads, share, stalled)
                wall, used = wall_now, used_now
                for _ in range(more_threads(look, self.max_workers)):
                    self._add_thread()
                if not self._waiting or self._threads >= (self.max_workers or sys.maxsize):
                    self._is_watched = False
                    return

    def _serve(self) -> None:
        with serving():
            try:
                while (work := self._next()) is not None:
                    self.carry_out(work)
            finally:
                self.leave()

    def _next(self) -> Work | None:
        """The next work; None when there is nothing more for this thread to do."""
        me = threading.get_ident()
        with self._news:
            self._busy.discard(me)
            while not self._waiting and not self._closed:
                self._idle += 1
                self._news.wait()
                self._idle -= 1
            if not self._waiting:
                self._threads -= 1
                return None
            self._busy.add(me)
            self._begun += 1
            return self._waiting.popleft()

    def __reduce__(self) -> Any:
        """To another process goes a fresh one with the same settings."""
        return type(self), (self.max_workers,)

    def __str__(self) -> str:
        return f"{self.name}(max_workers={self.max_workers})"
