"""The run under the cursor, at a glance: what happened, its latest tasks, its last log lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.cells import cell_len
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.engine.clock import Clock
from flowtui.engine.model import FlowRun, LogLine, TaskRun
from flowtui.engine.states import StateType
from flowtui.tui.drawing import repaint
from flowtui.tui.formats import duration, gist
from flowtui.tui.log_text import line_rows
from flowtui.tui.run_cells import state_spans
from flowtui.tui.text import safe
from flowtui.tui.timeline import bar_spans, outcome_spans, scale_of
from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of

__all__ = ["Glance", "RunPreview", "notable"]

_BAD = (StateType.FAILED, StateType.CRASHED)


@dataclass(frozen=True, slots=True)
class Glance:
    """What the preview shows."""

    run: FlowRun
    tasks: tuple[TaskRun, ...] = ()
    lines: tuple[LogLine, ...] = ()


def notable(tasks: Sequence[TaskRun], room: int) -> list[TaskRun]:
    """The tasks worth a line when there is room for few: failed, then running, then the last; in their order."""
    ranked = sorted(range(len(tasks)), key=lambda index: (_rank(tasks[index]), -index))
    return [tasks[index] for index in sorted(ranked[: max(room, 0)])]


def _rank(task: TaskRun) -> int:
    if task.state.type in _BAD:
        return 0
    return 1 if task.state.is_running() else 2


class RunPreview(Widget):
    """Painted from a `Glance`; without one it says that there is nothing."""

    DEFAULT_CSS = "RunPreview { height: 1fr; }"

    class CameIntoSight(Message):
        """It has room again: what it shows may be another run than the one under the cursor by now."""

    def __init__(self, now: Clock, zone: tzinfo | None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._now, self._zone = now, zone
        self._glance: Glance | None = None
        self._rows: tuple[tuple[int, int], list[list[Span]]] | None = None

    @property
    def glance(self) -> Glance | None:
        """What is shown."""
        return self._glance

    def show(self, glance: Glance | None, zone: tzinfo | None) -> None:
        """Show another run, or newer figures of the same."""
        if glance != self._glance or zone is not self._zone:
            self._glance, self._zone = glance, zone
            self._rows = None
            self.refresh()

    def on_show(self) -> None:
        self.post_message(self.CameIntoSight())

    def tick(self) -> None:
        """Let the bars of a live run grow."""
        if self._glance is not None and self._glance.run.state.is_running():
            self._rows = None
            repaint(self)

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        if self._rows is None or self._rows[0] != (width, height):
            self._rows = ((width, height), self._lay_out(width, height))
        rows = self._rows[1]
        return strip_of(fit(rows[y], width) if y < len(rows) else [], palette_of(self), self.rich_style, width)

    def _lay_out(self, width: int, height: int) -> list[list[Span]]:
        glance = self._glance
        if glance is None:
            return []
        now = self._now()
        rows = [_title(glance.run, now)]
        room = height - 1
        names = {task.id: task.name for task in glance.tasks}
        log_rows = [[*row.lead, *row.body] for line in glance.lines for row in line_rows(line, self._zone, names)]
        for_tasks = min(len(glance.tasks), max(room - min(len(log_rows), room // 2), 0))
        rows.extend(_task_rows(glance, for_tasks, width, now))
        left = height - len(rows)
        if left > 0:
            rows.extend([("  ", ""), *row] for row in log_rows[-left:])
        return rows


def _title(run: FlowRun, now: datetime) -> list[Span]:
    spans: list[Span] = [("  ", ""), (run.name, "bold strong"), ("   ", ""), *state_spans(run.state)]
    if (elapsed := run.elapsed(now)) is not None:
        spans.append((f"  {duration(elapsed)}", "muted"))
    if run.state.message:
        spans.extend([("   ", ""), (gist(run.state.message), "text")])
    return spans


def _task_rows(glance: Glance, room: int, width: int, now: datetime) -> list[list[Span]]:
    tasks = notable(glance.tasks, room)
    if not tasks:
        return []
    scale = scale_of(glance.run, now)
    names = min(max(cell_len(safe(task.name)) for task in tasks), max(width // 4, 8))
    outcome = max(width // 4, 14)
    chart = max(width - 2 - names - 2 - 2 - outcome, 4)
    return [
        [
            ("  ", ""),
            *fit([(task.name, "muted")], names),
            ("  ", ""),
            *fit(bar_spans(task, scale, now, chart), chart),
            ("  ", ""),
            *fit(outcome_spans(task, outcome), outcome),
        ]
        for task in tasks
    ]
