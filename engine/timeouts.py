"""End user code that takes too long.

An async function is cancelled. A sync function in the main thread is interrupted by a timer signal. A sync function in
another thread is interrupted between two of its own instructions: a call into C that does not return cannot be.
"""

import ctypes
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from flowtui.engine.errors import RunTimeout

__all__ = ["async_time_limit", "raise_in_thread", "time_limit"]

_SOON: Final = 1e-6  # a timer of 0 seconds would be none


class _TimeIsUp(BaseException):
    """Raised into code that took too long. A BaseException, so that `except Exception` in user code lets it through.

    Each limit raises a kind of its own, so that it is recognised by its own block and passes through those within.
    """


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `RunTimeout` when the block takes longer than `seconds`. Limits may be nested."""
    time_is_up: type[BaseException] = type("TimeIsUp", (_TimeIsUp,), {})
    limit = _by_signal if _signals_work() else _by_thread
    try:
        with limit(seconds, time_is_up):
            yield
    except time_is_up:
        raise RunTimeout(_message(seconds)) from None


@asynccontextmanager
async def async_time_limit(seconds: float) -> AsyncIterator[None]:
    """Cancel the block and raise `RunTimeout` when it takes longer than `seconds`."""
    import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

    try:
        async with asyncio.timeout(seconds) as scope:
            yield
    except TimeoutError:
        if not scope.expired():  # the user's own code timed out on something
            raise
        raise RunTimeout(_message(seconds)) from None


def _message(seconds: float) -> str:
    return f"It took longer than its timeout of {seconds:g} second(s)."


def _signals_work() -> bool:
    return threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")


# -- the main thread: one timer for all limits, set to the one that ends first ----------------------------------------

_limits: list[tuple[float, type[BaseException]]] = []
"""When each limit ends, and what it raises; the outermost is the first."""


@contextmanager
def _by_signal(seconds: float, error: type[BaseException]) -> Iterator[None]:
    begun, depth = time.monotonic(), len(_limits)
    others, _ = signal.getitimer(signal.ITIMER_REAL) if depth == 0 else (0.0, 0.0)
    before = signal.signal(signal.SIGALRM, _expire)
    try:
        try:
            _limits.append((begun + seconds, error))
            _set_timer()
            yield
        finally:
            del _limits[depth:]  # whatever fires from here on is not meant for this block
    finally:
        del _limits[depth:]
        signal.signal(signal.SIGALRM, before)
        if _limits:
            _set_timer()
        else:
            left = max(others - (time.monotonic() - begun), _SOON) if others else 0.0
            signal.setitimer(signal.ITIMER_REAL, left)  # a timer of the user's own goes on


def _set_timer() -> None:
    first = min(end for end, _ in _limits)
    signal.setitimer(signal.ITIMER_REAL, max(first - time.monotonic(), _SOON))


def _expire(signum: int, frame: object) -> None:
    now = time.monotonic()
    for end, error in _limits:
        if end <= now:
            raise error
    if _limits:  # early by a hair, or meant for a limit that is over
        _set_timer()


# -- other threads: a timer for each limit ----------------------------------------------------------------------------


@contextmanager
def _by_thread(seconds: float, error: type[BaseException]) -> Iterator[None]:
    target = threading.get_ident()
    lock = threading.Lock()
    over = False

    def expire() -> None:
        with lock:
            if not over:
                raise_in_thread(target, error)

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:
            over = True


def raise_in_thread(thread_id: int, error: type[BaseException]) -> None:
    """Have a thread raise `error` at its next instruction."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(error))
