"""The task runs of one flow run along time: who ran when, and how far. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from flowtui.engine.states import State, StateType
from flowtui.tui.formats import duration, gist
from flowtui.tui.looks import look_of
from flowtui.tui.run_cells import state_spans
from flowtui.tui.widgets.bars import nice_span, time_bar
from flowtui.tui.widgets.paint import Span, whole, width_of

if TYPE_CHECKING:
    from flowtui.engine.model import Change, FlowRun, TaskRun

__all__ = ["Scale", "TaskList", "bar_spans", "outcome_spans", "scale_of", "task_duration", "usual"]

_LEAST_MESSAGE: Final = 10
"""Cells of a message below which it says nothing."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The span of time that a chart shows."""

    start: datetime
    seconds: float

    def place(self, instant: datetime) -> float:
        """Where an instant stands, 0 … 1 within the chart."""
        return (instant - self.start).total_seconds() / self.seconds


def scale_of(run: "FlowRun", now: datetime, usual: timedelta | None = None) -> Scale:
    """From the run's start to its end; while it runs, to the next round time, so that bars hold still, and at least to
    where it `usual`ly ends."""
    start = run.start_time or run.expected_start_time or run.created
    if run.end_time is not None:
        return Scale(start, max((run.end_time - start).total_seconds(), 0.001))
    least = usual.total_seconds() if usual is not None else 1.0
    return Scale(start, nice_span(max((now - start).total_seconds(), least)))


def bar_spans(task: "TaskRun", scale: Scale, now: datetime, width: int) -> list[Span]:
    """A task's bar: shaded from when it was made until it started, then solid."""
    look = look_of(task.state)
    if task.start_time is None:
        # Ended without having run: a kept result was used, or something before it failed.
        at = min(max(int(scale.place(task.end_time or task.created) * width), 0), width - 1)
        if task.state.type is StateType.PENDING and task.state.name != "NotReady":
            return [(" " * at, ""), ("·" * (width - at), "ghost")]
        return [(" " * at, ""), (look.glyph, look.role)]
    role = f"{look.role}-bar" if look.role in ("running", "completed") else look.role
    bar = time_bar(scale.place(task.start_time), scale.place(task.end_time or now), width, role)
    waited = int(scale.place(task.created) * width)
    lead = bar[0][0]
    if 0 <= waited < len(lead):
        bar[0:1] = [(lead[:waited], ""), ("·" * (len(lead) - waited), "ghost")]
    return bar


def outcome_spans(task: "TaskRun", width: int = 200) -> list[Span]:
    """What became of it: glyph and word; where there is room, the number of tries and the message of a failure."""
    tries: list[Span] = [(f"  ↻ {task.run_count - 1}", "late")] if task.run_count > 1 else []
    spans = whole([state_spans(task.state), tries], width)
    if task.state.message and not task.state.is_completed() and width - width_of(spans) > _LEAST_MESSAGE:
        spans.append((f"  {gist(task.state.message)}", "muted"))
    return spans


def task_duration(task: "TaskRun", now: datetime) -> list[Span]:
    """How long it ran, or runs."""
    running = task.end_time is None
    return [(duration(task.elapsed(now)), look_of(task.state).role if running else "muted")]


@dataclass(frozen=True, slots=True)
class TaskList:
    """The task runs read so far, in the order in which they were made.

    The last page is read again for what is new; `last_cursor` is where it began.
    """

    tasks: tuple["TaskRun", ...] = ()
    places: Mapping[str, int] | None = None
    last_cursor: str | None = None
    settled: int = 0
    """Tasks before the last page."""

    def with_tail(self, cursor: str | None, settled: int, tail: Iterable["TaskRun"]) -> "TaskList":
        """With the pages from `cursor` on read again; `settled` tasks stand before them."""
        tasks = (*self.tasks[:settled], *tail)
        return TaskList(tasks, {task.id: index for index, task in enumerate(tasks)}, cursor, settled)

    def place(self, task_id: str) -> int | None:
        """Where the task with that id stands."""
        return (self.places or {}).get(task_id)

    def folded(self, changes: Iterable["Change"]) -> "TaskList":
        """With the states that the change feed told about, for tasks that are known."""
        tasks = list(self.tasks)
        touched = False
        for change in changes:
            index = self.place(change.subject_id)
            state = _state_of(change)
            if index is not None and state is not None and state.timestamp >= tasks[index].state.timestamp:
                tasks[index] = _moved(tasks[index], state)
                touched = True
        return TaskList(tuple(tasks), self.places, self.last_cursor, self.settled) if touched else self


def _state_of(change: "Change") -> State | None:
    kind = change.body.get("type")
    if change.kind != "task-run" or kind is None:
        return None
    return State(
        type=StateType(kind),
        name=str(change.body.get("name", change.name)),
        message=change.body.get("message"),
        timestamp=change.occurred,
        details=change.body.get("details") or {},
        id=str(change.body.get("id") or change.seq),
    )


def _moved(task: "TaskRun", state: State) -> "TaskRun":
    """A task after a state: its times follow from the states."""
    start = task.start_time or (state.timestamp if state.is_running() else None)
    end = state.timestamp if state.is_final() else None
    count = task.run_count + (1 if state.is_running() and not task.state.is_running() else 0)
    return replace(task, state=state, start_time=start, end_time=end, run_count=count)


def usual(seconds: tuple[float, ...]) -> timedelta | None:
    """The median of what runs of a flow took."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    middle = len(ordered) // 2
    return timedelta(seconds=ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)
