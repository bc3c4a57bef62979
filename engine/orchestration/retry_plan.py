"""What a retry of a flow run would do again, and what it would take over: the reuse decision beforehand. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.reuse import decide_reuse

__all__ = ["PlannedTask", "RetryPlan", "plan_retry"]

Fate = Literal["reuses it", "reuses it if unchanged", "runs it"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    """One task run of the attempts before, and what becomes of it."""

    run: TaskRun
    fate: Fate
    """`reuses it if unchanged`: what it depends on runs again, and has to give the same as before."""
    reason: str


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """The task runs of a flow run in the order in which they were made. Tasks that were never reached are not in it."""

    tasks: tuple[PlannedTask, ...]

    @property
    def reused(self) -> tuple[PlannedTask, ...]:
        return tuple(task for task in self.tasks if task.fate != "runs it")

    @property
    def repeated(self) -> tuple[PlannedTask, ...]:
        return tuple(task for task in self.tasks if task.fate == "runs it")


def plan_retry(runs: Iterable[TaskRun], is_kept: Callable[[TaskRun], bool]) -> RetryPlan:
    """The plan for task runs in the order in which they were made; `is_kept` says whether a result can still be read.

    It supposes the flow is called with the same parameters and calls its tasks in the same order; the decision itself
    is made again, by the same function, when the task is called.
    """
    planned: dict[str, PlannedTask] = {}
    for run in runs:
        decision = decide_reuse(run, run.input_key, kept=run.state.is_completed() and is_kept(run))
        if not decision.reuse:
            planned[run.id] = PlannedTask(run=run, fate="runs it", reason=decision.reason)
            continue
        uncertain = [planned[source].run.name for source in _sources(run.task_inputs) if _may_change(planned, source)]
        if uncertain:
            reason = f"kept, if {', '.join(uncertain)} gives the same as before"
            planned[run.id] = PlannedTask(run=run, fate="reuses it if unchanged", reason=reason)
        else:
            planned[run.id] = PlannedTask(run=run, fate="reuses it", reason=decision.reason)
    return RetryPlan(tuple(planned.values()))


def _may_change(planned: Mapping[str, PlannedTask], source: str) -> bool:
    return source in planned and planned[source].fate != "reuses it"


def _sources(inputs: Mapping[str, Any]) -> list[str]:
    """The ids of the task runs that the parameters came from."""
    return [
        str(item["id"])
        for items in inputs.values()
        for item in (items if isinstance(items, list) else [])
        if item.get("input_type") == "task_run"
    ]
