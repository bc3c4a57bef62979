"""What a person has asked for in a retry plan, before it is carried out. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flowtui.engine.amendments import Amendments, RetryEdits
from flowtui.engine.model import FlowRun, TaskRun

__all__ = ["Draft", "estimate", "known_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Edits as they were chosen; what follows from them is the plan's to say."""

    again: frozenset[str] = frozenset()
    inputs: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def edits(self) -> RetryEdits:
        return RetryEdits(inputs=self.inputs, again=tuple(sorted(self.again)), parameters=self.parameters)

    def toggled(self, task_run_id: str) -> "Draft":
        """Have a task run again, or not."""
        return replace(self, again=self.again ^ {task_run_id})

    def with_inputs(self, task_run_id: str, values: Mapping[str, Any]) -> "Draft":
        """Call a task with these inputs; with none, as it was to be called before."""
        inputs = {key: value for key, value in self.inputs.items() if key != task_run_id}
        return replace(self, inputs={**inputs, task_run_id: dict(values)} if values else inputs)

    def taken_back(self, task_run_id: str, before: Amendments | None) -> "Draft":
        """As the flow calls it: without the edits of now and, when there are none, without those of earlier retries."""
        if task_run_id in self.inputs:
            return self.with_inputs(task_run_id, {})
        if before is not None and task_run_id in before.inputs:
            return replace(self, inputs={**self.inputs, task_run_id: None})
        return self

    def with_parameters(self, run: FlowRun, values: Mapping[str, Any]) -> "Draft":
        """Give the flow these parameters; those that are as they were are no edits."""
        changed = {name: value for name, value in values.items() if run.parameters.get(name, ...) != value}
        return replace(self, parameters=changed)


def known_inputs(task: TaskRun) -> tuple[dict[str, Any], dict[str, str]]:
    """The inputs that are known of a task run: the values of those that JSON holds, and a look at the others."""
    values = dict(task.state.details.get("inputs", {}))
    looks = dict(task.state.details.get("input_previews", {}))
    for name in task.task_inputs:
        if name not in values and name not in looks and name != "wait_for":
            looks[name] = "the result of another task"
    return values, looks


def estimate(usual: float | None, seconds: tuple[float, float]) -> tuple[float, float] | None:
    """How long the retry will take, and how long the whole usually does, in seconds; None when nothing is known.

    `seconds`: of the tasks that run again, and of all, in the attempts before. What is not called yet is in the whole.
    """
    again, every = seconds
    whole = usual if usual is not None else every
    if not whole:
        return None
    return max(whole - (every - again), 0.0), whole
