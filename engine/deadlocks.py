"""Waiting for task runs, from inside task runs too: a deadlock of a full task runner is found out, not suffered.

A thread of a task runner that waits says for what. When that takes longer than a moment, the graph of who waits for
whom is looked at: if nothing in it can go on, the thread that looked raises `Deadlock`, which frees its place.
"""

import concurrent.futures
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from flowtui.engine.context import current_task_run
from flowtui.engine.errors import Deadlock

__all__ = ["Pool", "RunFuture", "await_all", "is_watched", "serving", "wait_for_all", "wait_for_any"]

_FIRST_LOOK: Final = 0.1
"""Seconds of waiting before the graph is looked at: nearly every wait is shorter."""
_AGAIN: Final = 0.05
"""A deadlock stays; what only looked like one, because the graph changed while it was read, is gone by then."""
_LATER: Final = 1.0


class Pool(Protocol):
    """A task runner with a limited number of threads, as it matters here."""

    def crew(self) -> Collection[int] | None:
        """The threads that are busy, when all that may be are; None while there is room for another."""
        ...


class RunFuture(concurrent.futures.Future[Any]):
    """Where a submitted task run is. Each field is set once, by whoever moves it on.

    It ends with a value, never with an exception. Until somebody waits for it, it has no lock and no lists of its own,
    which are 1.6 kB for each of ten thousand tasks.
    """

    name = ""
    upstream: Collection["concurrent.futures.Future[Any]"] = ()
    """What it waits for before it is handed to its task runner."""
    pool: Pool | None = None
    """The task runner in whose queue it is, or was."""
    thread: int | None = None
    """The thread that runs it, or ran it."""

    def __init__(self) -> None:  # not the standard library's, which makes all of that
        self._state = "PENDING"
        self._result: Any = None
        self._exception = None
        self._lock_of_its_own: threading.Condition | None = None

    @property
    def _condition(self) -> threading.Condition:  # type: ignore[override]
        """What the standard library takes hold of before it looks at anything else of a future."""
        if self._lock_of_its_own is None:
            with _making:
                if self._lock_of_its_own is None:
                    self._waiters: list[Any] = []
                    self._done_callbacks: list[Any] = []
                    self._lock_of_its_own = threading.Condition()
        return self._lock_of_its_own

    def done(self) -> bool:
        return self._state != "PENDING"

    def set_result(self, result: Any) -> None:
        with _making:
            if self._lock_of_its_own is None and self._state == "PENDING":  # nobody waits, so there is nobody to tell
                self._result, self._state = result, "FINISHED"
                return
        super().set_result(result)

    def result(self, timeout: float | None = None) -> Any:
        return self._result if self._state == "FINISHED" else super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        return None if self._state == "FINISHED" else super().exception(timeout)

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        if self._state == "FINISHED" and self._lock_of_its_own is None:
            fn(self)
        else:
            super().add_done_callback(fn)


_making = threading.Lock()


class _Wait:
    """A thread of a task runner that waits."""

    def __init__(self, futures: Collection[Any], needs_all: bool) -> None:
        self.futures, self.needs_all = futures, needs_all
        run = current_task_run()
        self.who = f"Task run {run.task_run.name!r}" if run is not None else "A task run"


_lock = threading.Lock()
_waits: dict[int, list[_Wait]] = {}
"""What each thread of a task runner waits for; several at once only for the coroutines of its event loop."""
_here = threading.local()


@contextmanager
def serving() -> Iterator[None]:
    """This thread serves a task runner for the length of the block: its waits are watched."""
    _here.serves = True
    try:
        yield
    finally:
        _here.serves = False


def is_watched() -> bool:
    """True in the threads of task runners."""
    return bool(getattr(_here, "serves", False))


# -- waiting ----------------------------------------------------------------------------------------------------------


def wait_for_all(futures: Collection[Any], timeout: float | None = None) -> None:
    """Wait until all are done, for at most `timeout` seconds. Raises `Deadlock`."""
    if timeout is not None or not is_watched():
        _all_end_within(futures, timeout)
    else:
        _wait_watched(futures, needs_all=True)


def _all_end_within(futures: Collection[Any], timeout: float | None) -> bool:
    """Wait for one after the other: that takes as long as for all at once, and holds on to one at a time."""
    deadline = None if timeout is None else time.monotonic() + timeout
    for future in futures:
        if not future.done():
            try:
                future.exception(None if deadline is None else max(deadline - time.monotonic(), 0.0))
            except concurrent.futures.TimeoutError:
                return False
            except concurrent.futures.CancelledError:
                pass
    return True


def wait_for_any(futures: Collection[Any]) -> Collection[Any]:
    """Wait until one is done, and answer those that are. Raises `Deadlock`."""
    if not is_watched():
        return concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_COMPLETED).done
    _wait_watched(futures, needs_all=False)
    return [future for future in futures if future.done()]


async def await_all(futures: Collection[Any]) -> None:
    """`wait_for_all` on an event loop, which goes on meanwhile."""
    import asyncio  # noqa: PLC0415 - whoever calls this has it

    pending = {asyncio.wrap_future(future) for future in futures if not future.done()}
    if not pending:
        return
    if not is_watched():
        await asyncio.wait(pending)
        return
    with _registered(_Wait(futures, True)) as mine:
        for pause in _pauses(mine):
            _, pending = await asyncio.wait(pending, timeout=pause)
            if not pending:
                return


def _wait_watched(futures: Collection[Any], *, needs_all: bool) -> None:
    def ended_within(seconds: float) -> bool:
        if needs_all:
            return _all_end_within(futures, seconds)
        return bool(concurrent.futures.wait(futures, seconds, concurrent.futures.FIRST_COMPLETED).done)

    if not futures or ended_within(0):
        return
    with _registered(_Wait(futures, needs_all)) as mine:
        for pause in _pauses(mine):
            if ended_within(pause):
                return


@contextmanager
def _registered(mine: _Wait) -> Iterator[_Wait]:
    me = threading.get_ident()
    with _lock:
        _waits.setdefault(me, []).append(mine)
    try:
        yield mine
    finally:
        with _lock:
            _forget(me, mine)


def _forget(me: int, mine: _Wait) -> None:
    waits = _waits.get(me, [])
    if mine in waits:
        waits.remove(mine)
    if not waits:
        _waits.pop(me, None)


def _pauses(mine: _Wait) -> Iterator[float]:
    """How long to wait until the next look at the graph. Raises `Deadlock` when two looks in a row show one."""
    me = threading.get_ident()
    yield _FIRST_LOOK
    while True:
        with _lock:
            suspicious = _Graph().is_stuck(me)
        if suspicious:
            yield _AGAIN
            with _lock:
                words = _Graph().sentence(me, mine)
                if words is not None:
                    _forget(me, mine)  # at once, so that no other thread of the circle raises as well
                    raise Deadlock(words)
        yield _LATER


# -- the graph --------------------------------------------------------------------------------------------------------


class _Graph:
    """Who can go on, as far as can be seen at this moment: all are taken to be stuck who are not shown to go on."""

    def __init__(self) -> None:
        self._crews: dict[int, Collection[int] | None] = {}
        self._free: set[int] = set()
        grows = True
        while grows:
            before = len(self._free)
            self._free.update(thread for thread in _waits if self._goes_on(thread))
            grows = len(self._free) > before

    def is_stuck(self, thread: int) -> bool:
        return thread in _waits and thread not in self._free

    def sentence(self, me: int, mine: _Wait) -> str | None:
        """The deadlock that a thread is in, in words; None when it is in none."""
        if not self.is_stuck(me):
            return None
        stuck = [(wait, self._left(wait)) for thread in _waits if self.is_stuck(thread) for wait in _waits[thread]]
        pools = {pool for _, futures in stuck for future in futures for pool in self._full_pools(future)}
        others = [f"{wait.who} waits for {_names(futures)}" for wait, futures in stuck if wait is not mine]
        likewise = f" Likewise: {'; '.join(others[:3])}{' …' if len(others) > 3 else ''}." if others else ""
        return (
            f"{mine.who} waits for {_names(self._left(mine))}, which can never start: every worker of "
            f"{' and '.join(sorted(pools)) or 'their task runner'} is taken by a task run that waits in this way."
            f"{likewise} Give the task runner more workers, call the inner tasks instead of submitting them, "
            "or submit them from the flow."
        )

    def _goes_on(self, thread: int) -> bool:
        return all(self._comes_to_an_end(wait) for wait in _waits[thread])

    def _comes_to_an_end(self, wait: _Wait) -> bool:
        check: Callable[[Any], bool] = all if wait.needs_all else any
        return check(self._ends(future) for future in wait.futures)

    def _ends(self, future: Any) -> bool:
        if future.done() or not isinstance(future, RunFuture):
            return True
        if future.thread is not None:
            return not self.is_stuck(future.thread)
        if future.pool is None:
            return all(self._ends(before) for before in future.upstream)
        crew = self._crew(future.pool)
        return crew is None or not all(self.is_stuck(thread) for thread in crew)

    def _crew(self, pool: Pool) -> Collection[int] | None:
        if id(pool) not in self._crews:
            self._crews[id(pool)] = pool.crew()
        return self._crews[id(pool)]

    def _full_pools(self, future: Any) -> list[str]:
        if future.pool is not None:
            return [str(future.pool)]
        return [pool for before in future.upstream if not self._ends(before) for pool in self._full_pools(before)]

    def _left(self, wait: _Wait) -> list[Any]:
        return [future for future in wait.futures if not self._ends(future)]


def _names(futures: list[Any]) -> str:
    shown = ", ".join(repr(future.name) for future in futures[:3])
    return f"{shown} and {len(futures) - 3} more" if len(futures) > 3 else shown
