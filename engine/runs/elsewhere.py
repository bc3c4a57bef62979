"""A task run whose rules are carried out here, and whose function somewhere else: in another process."""

from collections.abc import Callable
from typing import Any

from flowtui.engine.model import TaskRun
from flowtui.engine.runs.drivers import drive
from flowtui.engine.runs.task_run import TaskSession
from flowtui.engine.runs.task_steps import task_steps
from flowtui.engine.states import State

__all__ = ["run_elsewhere"]


def run_elsewhere(session: TaskSession, call: Callable[[TaskSession], Any]) -> TaskRun:
    """The run in its final state; `call` has run its function, and has kept its time limit."""
    return session.finish(drive(task_steps(session), _Untimed(session), lambda: call(session)))


class _Untimed:
    """What a session does with steps, without a limit of its own: it could only interrupt who waits for the process."""

    timeout = None

    def __init__(self, session: TaskSession) -> None:
        self.save, self.log = session.save, session.log

    def propose(self, state: State, result: str | None) -> Any:
        raise AssertionError("a task run's states are saved, not proposed")

    save: Callable[[Any], None]
    log: Callable[[int, str, BaseException | None], None]
