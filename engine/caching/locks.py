"""Lock managers, by which runs with the same cache key wait for each other: the protocol, and the one of a process."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol, runtime_checkable

from flowtui.engine.errors import FlowtuiError

__all__ = ["LockManager", "LockNotHeld", "MemoryLockManager", "lease_end", "pauses"]

_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.05


class LockNotHeld(FlowtuiError, ValueError):
    """Somebody gave back a lock that is not theirs (any more)."""

    def __init__(self, key: str, holder: str) -> None:
        super().__init__(f"{holder} does not hold the lock of {key!r}; its hold_timeout may have passed.")
        self.key, self.holder = key, holder


@runtime_checkable
class LockManager(Protocol):
    """Locks by key, each held by at most one holder (any text) at a time. Methods may be called from any thread.

    Times are seconds; None is without end.
    """

    def acquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        """Wait for the lock for at most `acquire_timeout`; True when it is held. After `hold_timeout` it is free again.

        A holder that has it already keeps it, with the new `hold_timeout`.
        """

    def release_lock(self, key: str, holder: str) -> None:
        """Give it back. Raises `LockNotHeld`."""

    def is_locked(self, key: str) -> bool:
        """True while anybody holds it."""

    def is_lock_holder(self, key: str, holder: str) -> bool:
        """True while this holder holds it."""

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """Wait until nobody holds it, for at most `timeout`; True when it is free."""


def pauses(timeout: float | None) -> Iterator[float]:
    """How long to sleep before looking again, while there is time: a millisecond at first, then longer and longer."""
    deadline = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while True:
        left = pause if deadline is None else min(pause, deadline - time.monotonic())
        if left <= 0:
            return
        yield left
        pause = min(pause * 2, _LONGEST_PAUSE)


class AsyncVerbs:
    """The waiting verbs of a lock manager for code on an event loop.

    They look again and again instead of waiting in threads: waiters would take the threads that the holder needs.
    """

    async def aacquire_lock(
        self: LockManager,
        key: str,
        holder: str,
        acquire_timeout: float | None = None,
        hold_timeout: float | None = None,
    ) -> bool:
        """`acquire_lock` for async code."""
        for pause in pauses(acquire_timeout):
            if self.acquire_lock(key, holder, 0, hold_timeout):
                return True
            await asyncio.sleep(pause)
        return self.acquire_lock(key, holder, 0, hold_timeout)

    async def await_for_lock(self: LockManager, key: str, timeout: float | None = None) -> bool:
        """`wait_for_lock` for async code."""
        for pause in pauses(timeout):
            if not self.is_locked(key):
                return True
            await asyncio.sleep(pause)
        return not self.is_locked(key)


def lease_end(hold_timeout: float | None, now: float) -> float | None:
    """When a lock that is taken now is free again by itself."""
    return None if hold_timeout is None else now + hold_timeout


class MemoryLockManager(AsyncVerbs):
    """Locks among the threads and coroutines of this process. All managers of this kind share the same locks."""

    def acquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        """See `LockManager`."""
        with _changed:
            if not _wait(lambda: self._holder(key) in (None, holder), lambda: _held[key][1], acquire_timeout):
                return False
            _held[key] = (holder, lease_end(hold_timeout, time.monotonic()))
            return True

    def release_lock(self, key: str, holder: str) -> None:
        """See `LockManager`."""
        with _changed:
            if self._holder(key) != holder:
                raise LockNotHeld(key, holder)
            del _held[key]
            _changed.notify_all()

    def is_locked(self, key: str) -> bool:
        """See `LockManager`."""
        with _changed:
            return self._holder(key) is not None

    def is_lock_holder(self, key: str, holder: str) -> bool:
        """See `LockManager`."""
        with _changed:
            return self._holder(key) == holder

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """See `LockManager`."""
        with _changed:
            return _wait(lambda: self._holder(key) is None, lambda: _held[key][1], timeout)

    def _holder(self, key: str) -> str | None:
        """Who holds it now; a lock whose time has passed is nobody's."""
        found = _held.get(key)
        if found is None or (found[1] is not None and found[1] <= time.monotonic()):
            return None
        return found[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemoryLockManager)

    def __hash__(self) -> int:
        return hash(MemoryLockManager)


_changed = threading.Condition()
_held: dict[str, tuple[str, float | None]] = {}
"""Key → holder, and until when (monotonic)."""


def _wait(ready: Callable[[], bool], frees_at: Callable[[], float | None], timeout: float | None) -> bool:
    """Wait within `_changed` until it is ready, or the lock's own time or the waiter's has passed."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while not ready():
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return False
        ends = [end for end in (deadline, frees_at()) if end is not None]
        _changed.wait(max(min(ends) - now, 0.0) if ends else None)
    return True
