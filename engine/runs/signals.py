"""Interrupts: SIGTERM becomes an exception, so that a run can record how it ended before its process goes."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from flowtui.engine.errors import TerminationSignal
from flowtui.engine.timeouts import raise_in_thread

__all__ = ["cause_of", "end_children", "follow_flow_task", "interrupt", "set_flow_task", "termination_raises"]

_GRACE_SECONDS = 3.0


_received = threading.Event()
_catching = threading.Event()


class _FlowTask:
    """The asyncio task that runs a flow at present: an async generator is carried on by another one at each item."""

    task: Any = None


_flow_task: ContextVar[_FlowTask | None] = ContextVar("flowtui_flow_task", default=None)


def follow_flow_task() -> None:
    """From here on `set_flow_task` says in this context which asyncio task runs its flow."""
    _flow_task.set(_FlowTask())


def set_flow_task(task: Any) -> None:
    """Now this asyncio task runs the flow of this context."""
    followed = _flow_task.get()
    if followed is not None:
        followed.task = task


@contextmanager
def termination_raises(last_words: Callable[[], None], *, die: bool) -> Iterator[None]:
    """Within the block, SIGTERM interrupts the main thread: a sync flow by `TerminationSignal`, an async one by
    cancelling its task. In other threads the block changes nothing.

    When that ends the outermost block and `die` is set, the process ends as it would have without us: `last_words` is
    called, the former handler is put back, and the signal is sent again.
    """
    if threading.current_thread() is not threading.main_thread() or _catching.is_set():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    if before is None:  # a handler that Python did not install and cannot put back
        yield
        return
    _received.clear()
    _catching.set()
    stop_catching = _catch()
    try:
        yield
    except TerminationSignal:
        stop_catching()
        signal.signal(signal.SIGTERM, before)
        if die:
            last_words()
            os.kill(os.getpid(), signal.SIGTERM)
        raise
    finally:
        stop_catching()
        signal.signal(signal.SIGTERM, before)
        _catching.clear()


def _catch() -> Callable[[], object]:
    """Install the handler that suits what runs in this thread; answer how to remove it."""
    asyncio = sys.modules.get("asyncio")  # whoever has not imported it runs no event loop
    try:
        loop = asyncio.get_running_loop() if asyncio is not None else None
    except RuntimeError:
        loop = None
    if asyncio is None or loop is None:
        signal.signal(signal.SIGTERM, _raise)
        return lambda: None
    now = _flow_task.get() or _FlowTask()
    now.task = now.task or asyncio.current_task()

    def cancel() -> None:
        _received.set()
        if now.task is not None:
            now.task.cancel()

    loop.add_signal_handler(signal.SIGTERM, cancel)
    return lambda: loop.remove_signal_handler(signal.SIGTERM)


def cause_of(error: BaseException) -> BaseException:
    """What a cancelled task is told is only that it is cancelled; this tells why."""
    if _received.is_set() and not isinstance(error, Exception | TerminationSignal):
        return TerminationSignal()
    return error


def _raise(signum: int, frame: object) -> None:
    _received.set()
    raise TerminationSignal


def _leave_to_parent() -> None:
    """In a copy of this process: the run is its parent's, and SIGTERM ends it as it would any process."""
    if _catching.is_set():
        _catching.clear()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


os.register_at_fork(after_in_child=_leave_to_parent)


def interrupt(thread: threading.Thread) -> None:
    """Interrupt the run in this thread, and end the processes that it has started."""
    if thread is threading.main_thread() and _catching.is_set():
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
