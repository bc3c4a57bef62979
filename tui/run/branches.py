"""A flow run and its task runs as far as they were read, and those of the subflows that are open in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.usual import Usual
from flowtui.tui.run.dependencies import critical_path, upstream_of
from flowtui.tui.timeline import TaskList

__all__ = ["Branch", "Branches", "critical_of"]


@dataclass(frozen=True, slots=True)
class Branch:
    """One flow run with its tasks, in the order in which they were made."""

    run: FlowRun
    tasks: TaskList = TaskList()  # noqa: RUF009 - frozen, so it may be shared


@dataclass(frozen=True, slots=True)
class Branches:
    """The run that is looked at, by `root`, and the subflows that were opened in it."""

    root: str
    by_run: Mapping[str, Branch] = field(default_factory=dict)
    usual: Mapping[str, Usual] = field(default_factory=dict)
    """By task key, over all flows that take part."""

    @property
    def trunk(self) -> Branch | None:
        """The run that is looked at."""
        return self.by_run.get(self.root)

    def all_tasks(self) -> Iterable[TaskRun]:
        """The tasks of all runs that were read."""
        for branch in self.by_run.values():
            yield from branch.tasks.tasks

    def task(self, run_id: str, task_id: str) -> TaskRun | None:
        """A task run of one of the runs."""
        branch = self.by_run.get(run_id)
        index = branch.tasks.place(task_id) if branch is not None else None
        return branch.tasks.tasks[index] if branch is not None and index is not None else None


def critical_of(branch: Branch, now: datetime) -> frozenset[str]:
    """The ids of the tasks on the chain of dependencies that took the longest. Those that still run count with what
    they have taken by `now`."""
    upstream = {task.id: upstream_of(task) for task in branch.tasks.tasks}
    if not any(upstream.values()):
        return frozenset()  # without a dependency there is no path, only a longest task
    seconds = {
        task.id: elapsed.total_seconds() for task in branch.tasks.tasks if (elapsed := task.elapsed(now)) is not None
    }
    return frozenset(critical_path(upstream, seconds))
