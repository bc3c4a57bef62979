"""What a retry of a flow run would do again, and what it would take over: the reuse decision beforehand. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flowtui.engine.amendments import NO_EDITS, Amendments, RetryEdits
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.reuse import decide_reuse

__all__ = ["Fate", "PlannedTask", "RetryPlan", "plan_retry", "with_followers"]

Fate = Literal["reuses it", "reuses it if unchanged", "runs it"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    """One task run of the attempts before, and what becomes of it."""

    run: TaskRun
    fate: Fate
    """`reuses it if unchanged`: what it depends on runs again, and has to give the same as before."""
    reason: str
    could_be_reused: bool = False
    """Its result is kept, and would be reused if nobody asked for anything else."""
    edited: Mapping[str, Any] = field(default_factory=dict)
    """The inputs that a person has changed, now or for an earlier retry."""


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """The task runs of a flow run in the order in which they were made. Tasks that were never reached are not in it."""

    tasks: tuple[PlannedTask, ...]
    edits: RetryEdits = NO_EDITS
    """What was asked for, with all that has to run again because of it: to be given to `Client.retry_flow_run`."""

    @property
    def reused(self) -> tuple[PlannedTask, ...]:
        return tuple(task for task in self.tasks if task.fate != "runs it")

    @property
    def repeated(self) -> tuple[PlannedTask, ...]:
        return tuple(task for task in self.tasks if task.fate == "runs it")

    @property
    def seconds(self) -> tuple[float, float]:
        """How long what runs again took, and how long all took: on the clock, so that what ran side by side counts
        once."""
        return _covered(self.repeated), _covered(self.tasks)


def plan_retry(
    runs: Iterable[TaskRun],
    is_kept: Callable[[TaskRun], bool],
    edits: RetryEdits = NO_EDITS,
    before: Amendments | None = None,
) -> RetryPlan:
    """The plan for task runs in the order in which they were made; `is_kept` says whether a result can still be read.

    What is edited, or asked for again, runs, and so does everything that depends on it. It supposes that the flow calls
    its tasks in the same order; the decision itself is made again, by the same function, when the task is called.
    """
    known = list(runs)
    edits = with_followers(known, edits, before)
    again = frozenset(edits.again)
    planned: dict[str, PlannedTask] = {}
    for run in known:
        planned[run.id] = _planned(run, is_kept, edits, again, before, planned)
    return RetryPlan(tuple(planned.values()), edits)


def with_followers(runs: Sequence[TaskRun], edits: RetryEdits, before: Amendments | None = None) -> RetryEdits:
    """The edits with all that follows from them: who takes the result of what runs again, runs again."""
    forced = {*edits.again, *(run.id for run in runs if _is_new_edit(run.id, edits, before))}
    for run in runs:
        if run.id not in forced and any(source in forced for source in _sources(run.task_inputs)):
            forced.add(run.id)
    again = tuple(run.id for run in runs if run.id in forced)
    return RetryEdits(inputs=edits.inputs, again=again, parameters=edits.parameters)


def _is_new_edit(task_run_id: str, edits: RetryEdits, before: Amendments | None) -> bool:
    """Whether its inputs will be others than in the attempt before."""
    if task_run_id not in edits.inputs:
        return False
    standing = before.inputs.get(task_run_id, {}) if before is not None else {}
    wanted = edits.inputs[task_run_id]
    if not wanted:
        return bool(standing)
    return any(name not in standing or standing[name] != value for name, value in wanted.items())


def _planned(
    run: TaskRun,
    is_kept: Callable[[TaskRun], bool],
    edits: RetryEdits,
    again: frozenset[str],
    before: Amendments | None,
    planned: Mapping[str, PlannedTask],
) -> PlannedTask:
    kept = run.state.is_completed() and is_kept(run)
    plain = decide_reuse(run, run.input_key, kept=kept)
    asked = decide_reuse(run, run.input_key, kept=kept, asked=run.id in again)
    edited = _edited(run.id, edits, before)
    fate: Fate = "reuses it"
    reason = asked.reason
    uncertain = [planned[source].run.name for source in _sources(run.task_inputs) if _may_change(planned, source)]
    if not asked.reuse:
        fate = "runs it"
        if _is_new_edit(run.id, edits, before):
            reason = "its inputs were edited"
        elif run.id in again and uncertain:
            reason = f"it depends on {', '.join(uncertain)}"
    elif uncertain:
        fate, reason = "reuses it if unchanged", f"kept, if {', '.join(uncertain)} gives the same as before"
    elif edits.parameters:
        fate, reason = "reuses it if unchanged", "kept, if the edited parameters do not change its inputs"
    return PlannedTask(run=run, fate=fate, reason=reason, could_be_reused=plain.reuse, edited=edited)


def _edited(task_run_id: str, edits: RetryEdits, before: Amendments | None) -> dict[str, Any]:
    standing = dict(before.inputs.get(task_run_id, {})) if before is not None else {}
    if task_run_id not in edits.inputs:
        return standing
    return {**standing, **values} if (values := edits.inputs[task_run_id]) else {}


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


def _covered(tasks: Iterable[PlannedTask]) -> float:
    """Seconds of the clock in which at least one of these tasks was running."""
    spans = sorted(
        (task.run.start_time, task.run.end_time)
        for task in tasks
        if task.run.start_time is not None and task.run.end_time is not None
    )
    total, until = 0.0, None
    for start, end in spans:
        begin = start if until is None else max(start, until)
        total += max((end - begin).total_seconds(), 0.0)
        until = end if until is None else max(end, until)
    return total
