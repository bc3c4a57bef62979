"""A task runner that leaves submitted tasks to task workers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from flowtui.engine.futures import TaskFuture
from flowtui.engine.runners.thread import ThreadPoolTaskRunner

if TYPE_CHECKING:
    from flowtui.engine.tasks import Task

__all__ = ["FlowtuiTaskRunner", "PrefectTaskRunner"]

R = TypeVar("R")


class FlowtuiTaskRunner(ThreadPoolTaskRunner):
    """Has submitted tasks run by task workers (`flowtui task serve`), in other processes and on other machines.

    `.submit` and `.map` make Scheduled runs, as `delay` does. They do not end with the flow run: one that is to wait
    for them asks their futures. Subflows and what else a flow starts stay in its process.
    """

    leaves_tasks = True

    def duplicate(self) -> "FlowtuiTaskRunner":
        return FlowtuiTaskRunner(self.max_workers)

    def submit(self, task: "Task[..., R]", parameters: Mapping[str, Any], wait_for: Any = None) -> TaskFuture[R]:
        """Leave a run of the task to a task worker: a future of its value."""
        from flowtui.engine.background.leaving import leave_to_workers  # noqa: PLC0415 - 10 ms, beside its only use

        future = leave_to_workers(task, task.signature.bind((), parameters), wait_for)
        if self._alone is not None:
            self._alone.append(future)
        return future


PrefectTaskRunner = FlowtuiTaskRunner
"""The name that such a runner has in the field."""
