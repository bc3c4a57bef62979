"""A task runner used by itself: `with ThreadPoolTaskRunner() as runner: runner.submit(task, {"x": 1})`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from flowtui.engine.errors import TerminationSignal
from flowtui.engine.futures import TaskFuture, TaskFutureList, wait

if TYPE_CHECKING:
    from flowtui.engine.runners.protocol import Work
    from flowtui.engine.tasks import Task

__all__ = ["BaseTaskRunner"]

R = TypeVar("R")


class BaseTaskRunner(ABC):
    """What every task runner can do, given that it can start work."""

    leaves_tasks = False
    """True when submitted tasks are left to task workers instead of being started."""
    _alone: list[TaskFuture[Any]] | None = None

    @property
    def name(self) -> str:
        """What kind of runner it is."""
        return type(self).__name__

    @abstractmethod
    def duplicate(self) -> Self: ...
    @abstractmethod
    def start(self, work: "Work") -> None: ...
    def close(self) -> None:  # noqa: B027 - many have nothing to do here
        """There is nothing to let go of, unless a runner says so."""

    def interrupt(self, error: type[BaseException]) -> None:  # noqa: B027
        """There is nothing to interrupt, unless a runner says so."""

    def cancel_all(self) -> None:
        """Interrupt all that it runs, and start nothing more."""
        self.interrupt(TerminationSignal)

    def submit(self, task: "Task[..., R]", parameters: Mapping[str, Any], wait_for: Any = None) -> TaskFuture[R]:
        """Start a run of the task in this runner: a future of its value."""
        from flowtui.engine.runs.submitting import submit  # noqa: PLC0415 - the run machinery loads with the first run
        from flowtui.engine.runs.task_run import begin  # noqa: PLC0415

        future = submit(begin(task, task.signature.bind((), parameters), wait_for), self)
        if self._alone is not None:
            self._alone.append(future)
        return future

    def map(self, task: "Task[..., R]", parameters: Mapping[str, Any], wait_for: Any = None) -> TaskFutureList[R]:
        """Start a run for each item of the iterable parameters. Raises `MappingError`."""
        from flowtui.engine.mapping import each_call  # noqa: PLC0415 - beside its only use

        calls = each_call(task.signature.bind((), parameters), f"task {task.name!r}")
        return TaskFutureList([self.submit(task, call, wait_for) for call in calls])

    def __enter__(self) -> Self:
        self._alone = []
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Wait for what was submitted; when the block raises, interrupt it instead."""
        futures, self._alone = self._alone or [], None
        if kind is None:
            wait(futures)
            self.close()
        else:
            self.cancel_all()
