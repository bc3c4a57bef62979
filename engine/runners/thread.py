"""The default task runner: threads, made when none is idle.

Its threads are daemons, unlike those of the standard library's pool: an interrupted script ends at once instead of
waiting for every task that sleeps.
"""

import threading
from collections import deque
from collections.abc import Callable

from flowtui.engine.errors import UsageError
from flowtui.engine.timeouts import raise_in_thread

__all__ = ["ThreadPoolTaskRunner"]

Work = Callable[[], None]


class ThreadPoolTaskRunner:
    """Runs submitted tasks in threads, at most `max_workers` at once (default: as many as are submitted).

    Raises `UsageError` when `max_workers` is less than 1.
    """

    def __init__(self, max_workers: int | None = None) -> None:
        if max_workers is not None and max_workers < 1:
            raise UsageError(f"ThreadPoolTaskRunner(max_workers={max_workers}): at least one worker is needed.")
        self.max_workers = max_workers
        self._news = threading.Condition(threading.Lock())
        self._waiting: deque[Work] = deque()
        self._busy: set[int] = set()
        self._idle = 0
        self._threads = 0
        self._closed = False

    def duplicate(self) -> "ThreadPoolTaskRunner":
        return ThreadPoolTaskRunner(self.max_workers)

    def submit(self, work: Work) -> None:
        with self._news:
            self._waiting.append(work)
            if self._idle >= len(self._waiting):
                self._news.notify()
            elif self.max_workers is None or self._threads < self.max_workers:
                self._threads += 1
                name = f"flowtui-task-{self._threads}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()

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

    def _serve(self) -> None:
        me = threading.get_ident()
        while True:
            with self._news:
                self._busy.discard(me)
                while not self._waiting and not self._closed:
                    self._idle += 1
                    self._news.wait()
                    self._idle -= 1
                if not self._waiting:
                    self._threads -= 1
                    return
                work = self._waiting.popleft()
                self._busy.add(me)
            work()
