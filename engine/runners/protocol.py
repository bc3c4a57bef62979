"""What a task runner is, and what it is given to run."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from flowtui.engine.deadlocks import RunFuture
    from flowtui.engine.runs.task_run import TaskSession

__all__ = ["TaskRunner", "Work"]


class Work(Protocol):
    """A submitted task run, ready to start. Calling it never raises: it has recorded whatever happened.

    It has to be called once, in whatever thread the task runner likes.
    """

    @property
    def inner(self) -> "RunFuture": ...
    @property
    def is_async(self) -> bool: ...
    def __call__(self, elsewhere: "Callable[[TaskSession], Any] | None" = None) -> None:
        """Carry the run out in this thread. With `elsewhere`, only the rules are carried out here, and this is called
        in the place of the user's function: it runs that where it likes and answers, or raises, what became of it.
        It keeps the task's time limit itself.
        """
        ...


class TaskRunner(Protocol):
    """Runs submitted tasks. A flow run starts one when it begins and closes it when it ends.

    What runs tasks on other machines fits this too: it starts a work in a thread of its own, with an `elsewhere` that
    sends the function away and waits for what comes back.
    """

    def duplicate(self) -> "TaskRunner":
        """A fresh one with the same settings: each flow run has its own."""
        ...

    def start(self, work: Work) -> None:
        """Call `work` soon, elsewhere."""
        ...

    def close(self) -> None:
        """Let go of what is idle. Work that is running goes on."""
        ...

    def interrupt(self, error: type[BaseException]) -> None:
        """Call at once what has not started, which by now only records that, and have what is running raise `error`
        where that is possible."""
        ...
