"""One task along time in one line: its phases in eighths of a cell, and the ghost of what is usual. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flowtui.engine.model import TaskRun
from flowtui.engine.usual import Usual
from flowtui.tui.looks import look_of
from flowtui.tui.run.phases import Phase
from flowtui.tui.timeline import Scale
from flowtui.tui.widgets.paint import Span

__all__ = ["gantt_bar", "task_role"]

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_DIMMED: Final = frozenset({"running", "completed"})
_LINES: Final = {"waiting": ("┈", "faint"), "retry": ("┈", "late"), "paused": ("┈", "paused")}
_GHOST: Final = ("░", "ghost")
_MARK: Final = ("╎", "faint")
_PLAYHEAD: Final = ("│", "accent")


def task_role(task: TaskRun, *, bright: bool) -> str:
    """The colour of its bar. What went well beside the critical path is dimmed, so that the eye follows that one."""
    role = look_of(task.state).role
    return role if bright or role not in _DIMMED else f"{role}-bar"


def gantt_bar(
    task: TaskRun,
    phases: Sequence[Phase],
    scale: Scale,
    now: datetime,
    width: int,
    *,
    usual: Usual | None = None,
    critical: bool = False,
    playhead: datetime | None = None,
) -> list[Span]:
    """Exactly `width` cells: bars over lines, lines over the ghost; what is out of the scale is not drawn."""
    cells: list[tuple[str, str]] = [(" ", "")] * width
    if usual is not None:
        _haunt(cells, task, usual, scale, now)
    for phase in phases:
        if phase.kind != "running":
            _draw_line(cells, phase, scale, now)
    role = task_role(task, bright=critical)
    for phase in phases:
        if phase.kind == "running":
            _draw_bar(cells, phase, scale, now, "failed-bar" if phase.failed else role)
    _mark_tries(cells, phases, scale)
    if usual is not None and task.start_time is not None:
        _mark_overrun(cells, task.start_time + timedelta(seconds=usual.p50), scale, role)
    if not any(phase.kind == "running" for phase in phases) and (task.state.is_final() or task.state.is_not_ready()):
        look = look_of(task.state)
        _put(
            cells, int(scale.place(task.end_time or task.state.timestamp) * width), (look.glyph, look.role), least=True
        )
    if playhead is not None:
        _put(cells, int(scale.place(playhead) * width), _PLAYHEAD)
    return _joined(cells)


def _haunt(cells: list[tuple[str, str]], task: TaskRun, usual: Usual, scale: Scale, now: datetime) -> None:
    """Where it would usually be by its end (half of the times), and a mark where nine in ten have ended."""
    if task.state.is_not_ready() or (task.start_time is None and task.state.is_final()):
        return
    start = task.start_time or now
    ends = [scale.place(start + timedelta(seconds=seconds)) for seconds in (usual.p50, usual.p90)]
    width = len(cells)
    first, half = int(scale.place(start) * width), round(ends[0] * width)
    for at in range(max(first, 0), min(half, width)):
        cells[at] = _GHOST
    if usual.times > 1 and (mark := int(ends[1] * width)) >= half:
        _put(cells, mark, _MARK)


def _draw_line(cells: list[tuple[str, str]], phase: Phase, scale: Scale, now: datetime) -> None:
    width = len(cells)
    glyph = _LINES[phase.kind]
    first, end = scale.place(phase.start) * width, scale.place(phase.end or now) * width
    for at in range(max(int(first), 0), min(max(round(end), int(first) + 1), width)):
        cells[at] = glyph


def _draw_bar(cells: list[tuple[str, str]], phase: Phase, scale: Scale, now: datetime, role: str) -> None:
    """A block hangs at the left edge of its cell: of a bar that begins within one, the empty part is drawn reversed."""
    width = len(cells)
    start, end = scale.place(phase.start), scale.place(phase.end or now)
    if end < 0 or start >= 1:
        return
    left = min(round(max(start, 0.0) * width * 8), width * 8 - 1)
    right = max(round(min(end, 1.0) * width * 8), left + 1)
    first, offset = divmod(left, 8)
    last, rest = divmod(right, 8)
    if first == last:
        cells[first] = (_EIGHTHS[max(rest - offset, 1)], role)
        return
    if offset:
        cells[first] = (_EIGHTHS[offset], f"reverse {role}")
        first += 1
    for at in range(first, last):
        cells[at] = ("█", role)
    if rest:
        cells[last] = (_EIGHTHS[rest], role)


def _mark_overrun(cells: list[tuple[str, str]], usually: datetime, scale: Scale, role: str) -> None:
    """Within a bar that is longer than usual: where it usually ends."""
    at = int(scale.place(usually) * len(cells))
    if 0 < at < len(cells) - 1 and cells[at] == ("█", role) and cells[at + 1][1] == role:
        cells[at] = ("╎", f"base on-{role}")


def _mark_tries(cells: list[tuple[str, str]], phases: Sequence[Phase], scale: Scale) -> None:
    """A turn where a new try was waited for; it takes a cell, so that it is seen however short the wait was."""
    for phase in phases:
        if phase.kind == "retry":
            _put(cells, int(scale.place(phase.start) * len(cells)), ("↻", "late"))


def _put(cells: list[tuple[str, str]], at: int, glyph: tuple[str, str], *, least: bool = False) -> None:
    if least:
        at = min(max(at, 0), len(cells) - 1)
    if 0 <= at < len(cells):
        cells[at] = glyph


def _joined(cells: Sequence[tuple[str, str]]) -> list[Span]:
    """Neighbours of one colour as one piece."""
    spans: list[Span] = []
    for text, role in cells:
        if spans and spans[-1][1] == role:
            spans[-1] = (spans[-1][0] + text, role)
        else:
            spans.append((text, role))
    return spans
