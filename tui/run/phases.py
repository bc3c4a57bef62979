"""What a task run did when: it waited, ran, waited to be tried again, ran again. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flowtui.engine.model import TaskRun
from flowtui.engine.states import State, StateType

__all__ = ["Phase", "PhaseKind", "phases_of"]

PhaseKind = Literal["waiting", "running", "retry", "paused"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of time; `end` is None while it goes on."""

    kind: PhaseKind
    start: datetime
    end: datetime | None
    failed: bool = False
    """A try that was followed by another one."""


def phases_of(task: TaskRun, states: Sequence[State] = ()) -> tuple[Phase, ...]:
    """The phases of a task, oldest first, from its states; without any, from the times that the task itself carries:
    then its tries cannot be told apart."""
    if not states:
        return _from_times(task)
    ordered = list(states)
    if task.state.timestamp >= ordered[-1].timestamp and task.state.id != ordered[-1].id:
        ordered.append(task.state)  # told by the feed since the history was read
    phases: list[Phase] = []
    for number, state in enumerate(ordered):
        kind = _kind(state, started=any(phase.kind == "running" for phase in phases))
        if kind is None:
            continue
        end = ordered[number + 1].timestamp if number + 1 < len(ordered) else None
        failed = kind == "running" and number + 1 < len(ordered) and ordered[number + 1].name == "AwaitingRetry"
        last = phases[-1] if phases else None
        if last is not None and last.kind == kind and last.end == state.timestamp and not last.failed:
            phases[-1] = Phase(kind, last.start, end, failed)
        else:
            phases.append(Phase(kind, state.timestamp, end, failed))
    return tuple(phases)


def _kind(state: State, *, started: bool) -> PhaseKind | None:
    if state.is_final() or state.is_not_ready():
        return None
    if state.type in (StateType.RUNNING, StateType.CANCELLING):
        return "running"
    if state.is_paused():
        return "paused"
    return "retry" if started and state.is_scheduled() else "waiting"


def _from_times(task: TaskRun) -> tuple[Phase, ...]:
    if task.start_time is None:
        # What ended without having run did not wait for anything either: a kept result was used, or it was not ready.
        over = task.state.is_final() or task.state.is_not_ready()
        return () if over else (Phase("waiting", task.created, None),)
    waited = Phase("waiting", task.created, task.start_time)
    ran = Phase("running", task.start_time, task.end_time)
    return (waited, ran) if task.created < task.start_time else (ran,)
