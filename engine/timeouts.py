"""End user code that takes too long.

An async function is cancelled. A sync function in the main thread is interrupted by a timer signal. A sync function in
another thread is interrupted between two of its own instructions: a call into C that does not return cannot be.
"""

import ctypes
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from flowtui.engine.errors import RunTimeout

__all__ = ["async_time_limit", "raise_in_thread", "time_limit"]


class _Expired(BaseException):
    """Raised into code that took too long. A BaseException, so that `except Exception` in user code lets it through."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `RunTimeout` when the block takes longer than `seconds`."""
    limit = _by_signal if _signals_work() else _by_thread
    try:
        with limit(seconds):
            yield
    except _Expired:
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


@contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    def expire(signum: int, frame: object) -> None:
        raise _Expired

    before = signal.signal(signal.SIGALRM, expire)
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, outer)  # an enclosing limit goes on
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_thread(seconds: float) -> Iterator[None]:
    target = threading.get_ident()
    lock = threading.Lock()
    over = False

    def expire() -> None:
        with lock:
            if not over:
                raise_in_thread(target, _Expired)

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
