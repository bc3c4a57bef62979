"""Interrupts: SIGTERM becomes an exception, so that a run can record how it ended before its process goes."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flowtui.engine.errors import TerminationSignal
from flowtui.engine.timeouts import raise_in_thread

__all__ = ["end_children", "interrupt", "termination_raises"]

_GRACE_SECONDS = 3.0


@contextmanager
def termination_raises() -> Iterator[None]:
    """Within the block, SIGTERM raises `TerminationSignal` in the main thread. Elsewhere it changes nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    if before is _raise or before is None:  # an enclosing flow has done it, or a handler that Python cannot put back
        yield
        return
    signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise(signum: int, frame: object) -> None:
    raise TerminationSignal


def interrupt(thread: threading.Thread) -> None:
    """Have a run's thread raise `TerminationSignal`, and end the processes that it has started."""
    if thread is threading.main_thread() and signal.getsignal(signal.SIGTERM) is _raise:
        os.kill(os.getpid(), signal.SIGTERM)
    elif thread.ident is not None:
        raise_in_thread(thread.ident, TerminationSignal)
    end_children()


def end_children() -> None:
    """End every process below this one: asked first, then made to."""
    import psutil  # noqa: PLC0415 - 15 ms that only a cancelled run costs

    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    _, alive = psutil.wait_procs(children, timeout=_GRACE_SECONDS)
    for child in alive:
        with suppress(psutil.NoSuchProcess):
            child.kill()
