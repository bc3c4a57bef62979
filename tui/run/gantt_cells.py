"""How a row of the timeline looks: its name, its bar, what it took, what became of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from flowtui.engine.model import TaskRun
from flowtui.engine.states import State
from flowtui.engine.usual import Usual
from flowtui.tui.formats import count, duration
from flowtui.tui.looks import look_of
from flowtui.tui.run.gantt_bar import gantt_bar
from flowtui.tui.run.outline import Row, Tally
from flowtui.tui.run.phases import phases_of
from flowtui.tui.timeline import Scale, outcome_spans
from flowtui.tui.widgets.bars import progress, time_bar
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span, Spans, whole
from flowtui.tui.widgets.rows import Cell

__all__ = ["COLUMNS", "Light", "group_cells", "task_cells"]

COLUMNS: Final = (
    Column("TASK", 12, share=2, most=40),
    Column("", 10, share=6),
    Column("TOOK", 6, align="right", rank=1),
    Column("STATE", 11, share=3, most=60),
)


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
        lambda width: outcome_spans(task, width),
    ]


def group_cells(tally: Tally, row: Row, light: Light) -> list[Cell]:
    """The calls of one task as one row: from the first to the last, and how many are done."""
    over = tally.done == tally.calls
    good = tally.done > tally.bad or not tally.bad
    role = "running" if tally.running else "pending" if not over else "completed" if good else "failed"
    words: list[Spans] = [[(f"{count(tally.done)}/{count(tally.calls)}", role)]]
    if tally.bad:
        words.append([(f"  {count(tally.bad)}✖", "failed")])
    if tally.running:
        words.append([(f"  {count(tally.running)}▶", "running")])
    took = tally.end - tally.start if over and tally.start is not None and tally.end is not None else None
    return [
        _name(f"{row.label} ×{count(tally.calls)}", row, light),
        lambda width: _group_bar(tally, role, light, width),
        [(duration(took), "muted")],
        lambda width: whole(words, width),
    ]


def _group_bar(tally: Tally, role: str, light: Light, width: int) -> list[Span]:
    """From where the first began to where the last ended; filled by how many are done, while not all are."""
    if tally.start is None:
        return [("┈" * width, "faint")]
    end = light.now if tally.running or tally.end is None else tally.end
    left, right = light.scale.place(tally.start), light.scale.place(end)
    if right < 0 or left > 1:
        return [(" " * width, "")]
    over = tally.done == tally.calls
    span = time_bar(left, right, width, f"{role}-bar" if role in ("completed", "failed") else role)
    if over:
        return _reddened(span, tally) if role == "completed" else span
    cells = max(width - len(span[0][0]) - len(span[-1][0]), 1)
    return [span[0], *progress(tally.done / tally.calls, cells, role), span[-1]]


def _reddened(bar: list[Span], tally: Tally) -> list[Span]:
    """The bar of a group that is over, with as much of its end in red as has failed."""
    at = next((place for place, (text, _) in enumerate(bar) if text.startswith("█")), None)
    if not tally.bad or at is None:
        return bar
    text, style = bar[at]
    bad = min(max(round(tally.bad / tally.calls * len(text)), 1), len(text))
    return [*bar[:at], (text[:-bad], style), (text[-bad:], "failed-bar"), *bar[at + 1 :]]


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
    if elapsed is not None and usual is not None and _is_slow(elapsed.total_seconds(), usual):
        return [(duration(elapsed), "late")]
    return [(duration(elapsed), look_of(task.state).role if task.end_time is None else "muted")]


def _is_slow(seconds: float, usual: Usual) -> bool:
    """Noticeably: a tenth and a tenth of a second more."""
    return usual.times > 2 and seconds > max(1.1 * usual.p90, usual.p90 + 0.1)
