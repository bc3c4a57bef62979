"""End user code that takes too long.

An async function is cancelled. A sync function in the main thread is interrupted by a timer signal. A sync function in
another thread is interrupted between two of its own instructions: a call into C that does not return cannot be.
"""

import ctypes
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from flowtui.engine.errors import RunTimeout

__all__ = ["async_time_limit", "call_within", "raise_in_thread", "timeout_message"]

T = TypeVar("T")

_PATIENCE_SECONDS: Final = 0.5
"""How long a thread may go on after its limit before it is taken to be in a call that cannot be interrupted."""
_SOON: Final = 1e-6  # a timer of 0 seconds would be none


class _TimeIsUp(BaseException):
    """Raised into code that took too long. A BaseException, so that `except Exception` in user code lets it through.

    Each limit raises a kind of its own, so that it is recognised by its own block and passes through those within.
    """


def call_within(
    seconds: float,
    call: Callable[[], T],
    *,
    told: float | None = None,
    blocked: Callable[[str], object] | None = None,
) -> T:
    """What `call` returns, or raise what it raises, and `RunTimeout` when it takes longer than `seconds`.

    Limits may be nested. `told` is the limit as the message names it, where the call is only a part of what is limited.
    `blocked` is called with a sentence when the time is up and the thread is in a call that cannot be interrupted.
    """
    time_is_up: type[BaseException] = type("TimeIsUp", (_TimeIsUp,), {})
    limit = _by_signal(seconds, time_is_up) if _signals_work() else _by_thread(seconds, time_is_up, blocked)
    try:  # one frame for all of it: the time may be up between any two instructions, also before and after the call
        try:
            next(limit)
            return call()
        finally:
            limit.close()
    except time_is_up as interrupt:  # its traceback tells where the time was spent
        raise RunTimeout(timeout_message(told or seconds)).with_traceback(interrupt.__traceback__) from None


@asynccontextmanager
async def async_time_limit(seconds: float, told: float | None = None) -> AsyncIterator[None]:
    """Cancel the block and raise `RunTimeout` when it takes longer than `seconds`; `told` as in `call_within`."""
    import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

    try:
        async with asyncio.timeout(seconds) as scope:
            yield
    except TimeoutError:
        if not scope.expired():  # the user's own code timed out on something
            raise
        raise RunTimeout(timeout_message(told or seconds)) from None


def timeout_message(seconds: float) -> str:
    """What is said of code that took longer than its limit."""
    return f"It took longer than its timeout of {seconds:g} second(s)."


def _signals_work() -> bool:
    return threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")


# -- the main thread: one timer for all limits, set to the one that ends first ----------------------------------------

_limits: list[tuple[float, type[BaseException]]] = []
"""When each limit ends, and what it raises; the outermost is the first."""


def _by_signal(seconds: float, error: type[BaseException]) -> Generator[None, None, None]:
    """Begins the limit; closing it ends it."""
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
        signal.setitimer(signal.ITIMER_REAL, 0)  # first of all: the handler from before may be to end the process
        signal.signal(signal.SIGALRM, before)
        if _limits:
            _set_timer()
        elif others:  # a timer of the user's own goes on
            signal.setitimer(signal.ITIMER_REAL, max(others - (time.monotonic() - begun), _SOON))


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


def _by_thread(
    seconds: float, error: type[BaseException], blocked: Callable[[str], object] | None
) -> Generator[None, None, None]:
    """Begins the limit; closing it ends it."""
    target = threading.get_ident()
    lock = threading.Lock()
    over = False

    def expire() -> None:
        with lock:
            if over:
                return
            raise_in_thread(target, error)
        if blocked is not None and not ended.wait(_PATIENCE_SECONDS):
            blocked(_words_for_blocked(target, seconds))

    ended = threading.Event()
    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    try:
        timer.start()
        yield
    finally:
        timer.cancel()
        with lock:
            over = True
            ended.set()


def _words_for_blocked(thread_id: int, seconds: float) -> str:
    """The plain word where Python cannot interrupt: a thread raises only between two of its own instructions."""
    frame = sys._current_frames().get(thread_id)
    place = f" ({frame.f_code.co_filename}:{frame.f_lineno})" if frame is not None else ""
    return (
        f"It has passed its timeout of {seconds:g} second(s), but Python cannot interrupt the call that its thread "
        f"is in{place}: it ends when that call returns. A task that is called in the main thread, an async task, and "
        "one in a ProcessPoolTaskRunner are interrupted in such a call too."
    )


def raise_in_thread(thread_id: int, error: type[BaseException]) -> None:
    """Have a thread raise `error` at its next instruction."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(error))
