"""Hand a begun task run to a task runner, and end its future whatever happens."""

import atexit
import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_futures
from dataclasses import replace
from typing import Any

from flowtui.engine.deadlocks import RunFuture
from flowtui.engine.errors import TerminationSignal
from flowtui.engine.futures import TaskFuture
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.outcomes import state_of_error
from flowtui.engine.runners.protocol import TaskRunner
from flowtui.engine.runners.thread import ThreadPoolTaskRunner
from flowtui.engine.runs.elsewhere import run_elsewhere
from flowtui.engine.runs.task_run import TaskSession

__all__ = ["submit"]

_outside_flows: ThreadPoolTaskRunner | None = None
_open: set[Future[Any]] = set()
"""The task runs outside any flow that have not ended."""


def submit(session: TaskSession, runner: TaskRunner | None = None) -> TaskFuture[Any]:
    """Start the run once everything upstream of it has ended; a thread never waits for another task's turn."""
    handle = session.flow.handle if session.flow else None
    future: TaskFuture[Any] = TaskFuture(session.run, handle.unasked if handle is not None else None)
    inner = future.inner
    if handle is not None:
        handle.opened(session.run.id, inner)
    if session.keeping is not None:
        session.keeping.submitted(inner)
    if runner is None:
        runner = session.flow.task_runner if session.flow else _shared_runner()
        if session.flow is None:
            _open.add(inner)
            inner.add_done_callback(_open.discard)
    work = _Submitted(session, inner)
    if not session.futures:
        runner.start(work)
        return future
    upstream = []
    for found in session.futures:
        if isinstance(found, TaskFuture):
            found.asked()
            if not found.inner.done():
                upstream.append(found.inner)
    inner.upstream = upstream
    _when_done(upstream, lambda: runner.start(work))
    return future


class _Submitted:
    """A submitted task run, as task runners carry it out: see `Work`."""

    __slots__ = ("_context", "_session", "inner")

    def __init__(self, session: TaskSession, inner: RunFuture) -> None:
        self.inner = inner
        self._session, self._context = session, contextvars.copy_context()

    @property
    def is_async(self) -> bool:
        return self._session.task.is_async

    def __call__(self, elsewhere: Callable[[TaskSession], Any] | None = None) -> None:
        session, flow = self._session, self._session.flow
        self.inner.thread = threading.get_ident()
        self.inner.upstream = ()  # else a long chain of futures would be kept by its last one
        try:
            if flow is not None and flow.handle.torn_down:
                raise TerminationSignal
            if elsewhere is None:
                run = self._context.run(session.run_anywhere)
            else:
                run = self._context.run(run_elsewhere, session, elsewhere)
        except BaseException as error:  # an interrupt of this very thread; the future must end all the same
            run = _crashed(session, error)
        if flow is not None:
            flow.handle.closed(run)
        self.inner.set_result(run)


def _when_done(futures: Sequence[Future[Any]], then: Callable[[], None]) -> None:
    """Call `then` once, when all of these are done."""
    if not futures:
        then()
        return
    lock = threading.Lock()
    left = len(futures)

    def one_less(_: Future[Any]) -> None:
        nonlocal left
        with lock:
            left -= 1
            last = left == 0
        if last:
            then()

    for future in futures:
        future.add_done_callback(one_less)


def _crashed(session: TaskSession, error: BaseException) -> TaskRun:
    state = state_of_error(error, "Task")
    run = replace(session.run, state=state, end_time=state.timestamp)
    session.client.save_task_run(run)
    return run


def _shared_runner() -> TaskRunner:
    """The runner of tasks that are submitted outside any flow."""
    global _outside_flows
    if _outside_flows is None:
        _outside_flows = ThreadPoolTaskRunner()
        atexit.register(_wait_for_the_rest)  # called before the store is closed, which was opened before
    return _outside_flows


def _wait_for_the_rest() -> None:
    """A script that submits tasks outside any flow, and ends, does not lose those that still run."""
    wait_for_futures(list(_open))
