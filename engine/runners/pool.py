"""Task runners with threads of their own, made when none is idle.

The threads are daemons, unlike those of the standard library's pool: an interrupted script ends at once instead of
waiting for every task that sleeps.
"""

import sys
import threading
import time
from collections.abc import Collection
from queue import Empty, SimpleQueue
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
        self._most = max_workers or sys.maxsize
        self._waiting: SimpleQueue[Work | None] = SimpleQueue()
        """None wakes a thread, so that it sees that the pool is closed."""
        self._calls = 0
        """How often None is among these."""
        self._busy: set[int] = set()
        self._idle: set[int] = set()
        """Threads that look for work; one that has just found some may still be among them."""
        self._growing = threading.Lock()
        self._threads = 0
        self._closed = False
        self._begun = 0.0
        """When a work was taken last."""
        self._is_watched = False

    def start(self, work: Work) -> None:
        work.inner.pool = self
        # Without a lock of Python's own: whoever finds one taken hands the interpreter on, and from hand to hand 10,000
        # tasks that take no time took 2.4 s instead of 1.2.
        self._waiting.put(work)
        self._see_to_threads()

    def close(self) -> None:
        self._closed = True
        self._wake_one()

    def interrupt(self, error: type[BaseException]) -> None:
        waiting = self._drained()
        self.close()
        for thread_id in list(self._busy):
            raise_in_thread(thread_id, error)
        for work in waiting:
            work()

    def _drained(self) -> list[Work]:
        found: list[Work] = []
        while (work := self._take(block=False)) is not None:
            found.append(work)
        return found

    def crew(self) -> Collection[int] | None:
        """See `flowtui.engine.deadlocks.Pool`."""
        busy = set(self._busy)
        return busy if self.max_workers is not None and len(busy) >= self.max_workers else None

    def carry_out(self, work: Work) -> None:
        """Called for each work, in one of the threads."""
        work()

    def leave(self) -> None:
        """Called in each of the threads before it ends."""

    def _see_to_threads(self) -> None:
        """Have another thread, or somebody who decides about more, when works wait that no idle thread will take.

        Called behind each change of what this looks at: a work is put before, a thread has ceased to be idle before.
        """
        if self._left() <= len(self._idle) or self._threads >= self._most:
            return
        if self._threads < at_once():
            with self._growing:
                if self._threads < min(at_once(), self._most):
                    self._add_thread()
        elif not self._is_watched:
            with self._growing:
                if not self._is_watched:
                    self._is_watched = True
                    threading.Thread(target=self._watch, name="flowtui-growth", daemon=True).start()

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
            stalled = stalled + 1 if self._begun == begun else 0
            begun = self._begun
            share = (used_now - used) / max(wall_now - wall, 1e-9)
            wall, used = wall_now, used_now
            with self._growing:
                look = Look(self._left(), self._threads, share, stalled)
                for _ in range(more_threads(look, self.max_workers)):
                    self._add_thread()
                if not look.waiting or self._threads >= self._most:
                    self._is_watched = False
                    break
        self._see_to_threads()  # for a work that was put meanwhile

    def _serve(self) -> None:
        with serving():
            try:
                while (work := self._next()) is not None:
                    self.carry_out(work)
            finally:
                with self._growing:
                    self._threads -= 1
                if self._closed:
                    self._wake_one()  # who sees the same, and wakes the next
                self._see_to_threads()  # for a work that was put when this thread had seen that there was none
                self.leave()

    def _next(self) -> Work | None:
        """The next work; None when there is nothing more for this thread to do."""
        me = threading.get_ident()
        self._busy.discard(me)
        self._idle.add(me)
        try:
            work = None
            while work is None and not self._closed:
                work = self._take(block=True)
            work = work or self._take(block=False)
        finally:
            self._idle.discard(me)
        if work is not None:
            self._busy.add(me)
            self._begun = time.monotonic()
            self._see_to_threads()
        return work

    def _take(self, *, block: bool) -> Work | None:
        """A work; None when there is none and this was not to wait for one, or when the pool may have been closed."""
        try:
            work = self._waiting.get(block)
            while work is None:
                with self._growing:
                    self._calls -= 1
                if block:
                    return None
                work = self._waiting.get(block=False)
        except Empty:
            return None
        return work

    def _wake_one(self) -> None:
        self._waiting.put(None)
        with self._growing:
            self._calls += 1

    def _left(self) -> int:
        """Works that no thread has taken."""
        return self._waiting.qsize() - self._calls

    def __reduce__(self) -> Any:
        """To another process goes a fresh one with the same settings."""
        return type(self), (self.max_workers,)

    def __str__(self) -> str:
        return f"{self.name}(max_workers={self.max_workers})"
