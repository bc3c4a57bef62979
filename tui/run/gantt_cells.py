"""How a row of the timeline looks: its name, its bar, what it took, what became of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from flowtui.engine.model import TaskRun
from flowtui.engine.states import State, StateType
from flowtui.engine.usual import Usual
from flowtui.tui.formats import count, duration
from flowtui.tui.looks import look_of
from flowtui.tui.run.gantt_bar import gantt_bar
from flowtui.tui.run.outline import Row
from flowtui.tui.run.phases import phases_of
from flowtui.tui.timeline import Scale, outcome_spans
from flowtui.tui.widgets.bars import progress, time_bar
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["COLUMNS", "Light", "group_cells", "task_cells"]

COLUMNS: Final = (
    Column("TASK", 14, share=2, most=40),
    Column("", 16, share=5),
    Column("TOOK", 6, align="right"),
    Column("STATE", 14, share=2, most=60),
)
_BAD: Final = (StateType.FAILED, StateType.CRASHED)


@dataclass(frozen=True, slots=True)
class Light:
    """What a row is drawn by, beside itself."""

    scale: Scale
    now: datetime
    states: Sequence[State] = ()
    """The task's history, when it is known."""
    usual: Usual | None = None
    critical: bool = False
    playhead: datetime | None = None
    """A moment to be marked in the chart."""
    wanted: str = ""
    """What is looked for in names, in small letters."""
    marks: Sequence[Span] = field(default=())
    """What stands behind the name, such as that it made an artifact."""


def task_cells(task: TaskRun, row: Row, light: Light) -> list[Cell]:
    """One cell for each of `COLUMNS`."""
    return [
        _name(task.name, row, light),
        lambda width: gantt_bar(
            task,
            phases_of(task, light.states),
            light.scale,
            light.now,
            width,
            usual=light.usual,
            critical=light.critical,
            playhead=light.playhead,
        ),
        _took(task, light),
        outcome_spans(task),
    ]


def group_cells(tasks: Sequence[TaskRun], row: Row, light: Light) -> list[Cell]:
    """The calls of one task as one row: from the first to the last, and how many are done."""
    done, bad = sum(task.state.is_final() for task in tasks), sum(task.state.type in _BAD for task in tasks)
    running = sum(task.state.is_running() for task in tasks)
    starts = [task.start_time for task in tasks if task.start_time is not None]
    ends = [task.end_time for task in tasks if task.end_time is not None]
    role = "failed" if bad else "running" if running else "completed" if done == len(tasks) else "pending"
    words: list[Span] = [(f"{count(done)}/{count(len(tasks))}", role)]
    if bad:
        words.append((f"  {count(bad)}✖", "failed"))
    if running:
        words.append((f"  {count(running)}▶", "running"))

    def bar(width: int) -> list[Span]:
        if not starts:
            return [("┈" * width, "faint")]
        end = light.now if running or not ends else max(ends)
        left, right = light.scale.place(min(starts)), light.scale.place(end)
        if right < 0 or left > 1:
            return [(" " * width, "")]
        span = time_bar(left, right, width, "ghost" if done < len(tasks) else f"{role}-bar")
        if done == len(tasks):
            return span
        first = len(span[0][0])
        cells = max(width - first - len(span[-1][0]), 1)
        return [span[0], *progress(done / len(tasks), cells, role), span[-1]]

    took = (max(ends) - min(starts)) if starts and ends and done == len(tasks) else None
    return [_name(f"{row.label} ×{count(len(tasks))}", row, light), bar, [(duration(took), "muted")], words]


def _name(name: str, row: Row, light: Light) -> list[Span]:
    spans: list[Span] = [("  " * row.depth, "")] if row.depth else []
    if row.opens:
        spans.append(("▾ " if row.open else "▸ ", "accent"))
    role = "bold strong" if light.critical else "text"
    at = name.lower().find(light.wanted) if light.wanted else -1
    if at < 0:
        spans.append((name, role))
    else:
        end = at + len(light.wanted)
        spans.extend([(name[:at], role), (name[at:end], f"{role} on-match"), (name[end:], role)])
    return [*spans, *light.marks]


def _took(task: TaskRun, light: Light) -> list[Span]:
    """How long it ran, or runs; in the colour of what is late when nine in ten were quicker."""
    elapsed = task.elapsed(light.now)
    usual = light.usual
    if elapsed is not None and usual is not None and usual.times > 2 and elapsed.total_seconds() > 1.1 * usual.p90:
        return [(duration(elapsed), "late")]
    return [(duration(elapsed), look_of(task.state).role if task.end_time is None else "muted")]
