"""Hand a begun task run to a task runner, and end its future whatever happens."""

import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from flowtui.engine.containers import find_futures
from flowtui.engine.errors import TerminationSignal
from flowtui.engine.futures import TaskFuture
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.outcomes import state_of_error
from flowtui.engine.runners.protocol import TaskRunner
from flowtui.engine.runners.thread import ThreadPoolTaskRunner
from flowtui.engine.runs.task_run import TaskSession

__all__ = ["submit"]

_outside_flows: ThreadPoolTaskRunner | None = None


def submit(session: TaskSession) -> TaskFuture[Any]:
    """Start the run once everything upstream of it has ended; a thread never waits for another task's turn."""
    future: TaskFuture[Any] = TaskFuture(session.run)
    handle = session.flow.handle if session.flow else None
    if handle is not None:
        handle.opened(session.run.id, future.inner)
    runner = session.flow.task_runner if session.flow else _shared_runner()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            if handle is not None and handle.torn_down:
                raise TerminationSignal
            run = context.run(session.run_anywhere)
        except BaseException as error:  # an interrupt of this very thread; the future must end all the same
            run = _crashed(session, error)
        if handle is not None:
            handle.closed(run.id)
        future.inner.set_result(run)

    waits = [session.wait_for, *session.parameters.values()]
    upstream = [found.inner for found in find_futures(waits) if isinstance(found, TaskFuture)]
    _when_done([inner for inner in upstream if not inner.done()], lambda: runner.submit(work))
    return future


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
    return _outside_flows
