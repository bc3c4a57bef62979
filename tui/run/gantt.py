"""The timeline: a row for each task, drawn along time, with ghosts of what is usual; subflows open in place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flowtui.engine.model import TaskRun
from flowtui.engine.states import State
from flowtui.tui.drawing import repaint
from flowtui.tui.formats import count
from flowtui.tui.run.branches import Branches
from flowtui.tui.run.gantt_cells import COLUMNS, Light, group_cells, task_cells
from flowtui.tui.run.outline import ORDERS, Order, Outline, Row
from flowtui.tui.run.seen import Seen
from flowtui.tui.run.window import WHOLE, Window
from flowtui.tui.timeline import Scale
from flowtui.tui.widgets.bars import axis
from flowtui.tui.widgets.paint import Span, Spans
from flowtui.tui.widgets.rows import Cell
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["Gantt"]

_NOWHERE = Scale(datetime.min, 1.0)


class _GanttRows:
    """The outline as rows of a table; tasks are looked up when they are painted."""

    def __init__(self, outline: Outline, gantt: "Gantt") -> None:
        self.outline = outline
        self._gantt = gantt

    def __len__(self) -> int:
        return len(self.outline.rows)

    def row_id(self, index: int) -> str:
        return self.outline.rows[index].id

    def index_of(self, row_id: str) -> int | None:
        return self.outline.places.get(row_id)

    def cells(self, index: int) -> Sequence[Cell]:
        return self._gantt.cells_of(self.outline.rows[index])

    def pulse(self, index: int) -> object:
        return self.cells(index)


class Gantt(VirtualTable):
    """Shows `Branches` by an `Outline`. What is open and how it is ordered is kept here, and whoever reads is asked to
    draw up another outline (`Changed`)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "its log", id="timeline.open"),
        Binding("space", "turn", "open or close", show=False, id="timeline.toggle"),
        Binding("right", "unfold", "open what is within", show=False, id="timeline.unfold"),
        Binding("left", "fold", "close it", show=False, id="timeline.fold"),
        Binding("o", "order(1)", "order", id="timeline.order"),
        Binding("O", "order(-1)", "previous order", show=False, id="timeline.order-back"),
        Binding("slash", "find", "find", id="timeline.find"),
        Binding("n", "hit(1)", "next match", show=False, id="timeline.next"),
        Binding("N", "hit(-1)", "previous match", show=False, id="timeline.previous"),
        Binding("plus,equals_sign", "zoom(0.5)", "zoom", key_display="+", id="timeline.zoom-in"),
        Binding("minus,underscore", "zoom(2.0)", "zoom out", show=False, id="timeline.zoom-out"),
        Binding("less_than_sign,shift+left", "pan(-0.25)", "earlier", show=False, id="timeline.earlier"),
        Binding("greater_than_sign,shift+right", "pan(0.25)", "later", show=False, id="timeline.later"),
    ]

    class Changed(Message):
        """Another outline is needed: something was opened or closed, or the order is another one."""

    class Looked(Message):
        """Other rows came into sight: the histories of their tasks may be needed."""

    class FindAsked(Message):
        """A name is to be typed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(COLUMNS, empty="reading the tasks …", markable=False, id=id)
        self._branches = Branches("")
        self._outline = Outline()
        self.opened: frozenset[str] = frozenset()
        """Subflows, by the id of the task run that stands for them, and groups that are open."""
        self.order: Order = "made"
        self._window = WHOLE
        self._whole = _NOWHERE
        self._now = datetime.min
        self._moment: datetime | None = None
        """Which moment is looked at in a replay."""
        self._histories: Mapping[str, Sequence[State]] = {}
        self._makers: Mapping[str, int] = {}
        self._wanted = ""
        self.draw_title(0, self._title)
        self.draw_title(1, self._axis)

    # -- what it shows ----------------------------------------------------------------------------------------------

    @property
    def outline(self) -> Outline:
        """The rows that are shown."""
        return self._outline

    @property
    def window(self) -> Window:
        """Which part of the run's time is shown."""
        return self._window

    def show_run(self, seen: Seen, whole: Scale, empty: str) -> None:
        """Show a look at a run, in that span of time. Only rows that look different are painted again."""
        old, before, moment = self._branches, self._outline, self._moment
        branches, outline, now = seen.branches, seen.outline, seen.now
        self._branches, self._outline, self._now = branches, outline, now
        self._moment = now if seen.replayed else None
        self._whole, whole = whole, self._whole
        rows = _GanttRows(outline, self)
        if outline.rows is not before.rows:
            self.show(rows, empty=empty)
            self._show_within(before)
            self.post_message(self.Looked())
        elif (self._whole, self._moment, outline, branches.usual) != (whole, moment, before, old.usual):
            self.update(rows, ())
            self.refresh()
        else:
            self.update(rows, self._different(old))
        if not len(rows):
            self._empty = empty

    def _show_within(self, before: Outline) -> None:
        """What was just opened at the lower edge is scrolled into sight, as far as its own row stays there."""
        row, here = self.cursor_row, self.cursor_index
        was = before.places.get(row.id) if row is not None else None
        if row is None or not row.open or was is None or before.rows[was].open:
            return
        rows = self._outline.rows
        last = next((at for at in range(here + 1, len(rows)) if rows[at].depth <= row.depth), len(rows)) - 1
        self.bring_into_sight(last)
        self.bring_into_sight(here)

    def show_histories(self, histories: Mapping[str, Sequence[State]]) -> None:
        """Show the phases that these states tell of, by task run id."""
        changed = [task_id for task_id, states in histories.items() if states is not self._histories.get(task_id)]
        self._histories = histories
        self.refresh_rows(changed)

    def show_makers(self, makers: Mapping[str, int]) -> None:
        """Mark the task runs that made artifacts: how many, by task run id."""
        if makers != self._makers:
            self._makers = makers
            self.refresh()

    def _different(self, old: Branches) -> Iterable[str]:
        """The ids of the rows in sight whose task is not the one that it was."""
        for row in self.rows_in_sight():
            if row.task_id is None or old.task(row.run_id, row.task_id) is not self.task_of(row):
                yield row.id

    def rows_in_sight(self) -> Sequence[Row]:
        """The rows that are on the screen."""
        return self._outline.rows[self.top : self.top + self.page_rows]

    def tasks_in_sight(self) -> Iterable[TaskRun]:
        """The tasks of the rows that are on the screen."""
        return [task for row in self.rows_in_sight() if (task := self.task_of(row)) is not None]

    def task_of(self, row: Row) -> TaskRun | None:
        """The task of a row; None for a group."""
        return self._branches.task(row.run_id, row.task_id) if row.task_id is not None else None

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        place = self._outline.places.get(self.cursor_id or "")
        return self._outline.rows[place] if place is not None else None

    @property
    def cursor_task(self) -> TaskRun | None:
        """The task under the cursor; None when there is none, or a group."""
        row = self.cursor_row
        return self.task_of(row) if row is not None else None

    def tick(self, now: datetime, whole: Scale) -> None:
        """Time has passed: what runs has grown."""
        self._now = now
        if whole != self._whole:
            self._whole = whole
            repaint(self)
            return
        self.refresh_rows(
            row.id for row in self.rows_in_sight() if (task := self.task_of(row)) is None or not task.state.is_final()
        )

    # -- painting ---------------------------------------------------------------------------------------------------

    def cells_of(self, row: Row) -> Sequence[Cell]:
        """One cell for each column."""
        light = Light(self._window.scale(self._whole), self._now, wanted=self._wanted, playhead=self._moment)
        if row.task_id is None:
            return group_cells(self._outline.groups[row.id], row, light)
        task = self.task_of(row)
        if task is None:
            return ["", "", "", ""]
        made = self._makers.get(task.id)
        marks: Spans = [(f" ◆{made if made > 1 else ''}", "accent")] if made else ()
        states = self._histories.get(task.id, ())
        if self._moment is not None:
            states = [state for state in states if state.timestamp <= self._moment]
        light = replace(
            light,
            states=states,
            usual=self._branches.usual.get(task.task_key),
            critical=task.id in self._outline.critical,
            marks=marks,
        )
        return task_cells(task, row, light)

    def _title(self, width: int) -> Spans:
        spans: list[Span] = [("TASK", "faint")]
        if self._wanted:
            hits = self._hits()
            here = next((number for number, row in enumerate(hits, 1) if row.id == self.cursor_id), None)
            found = f"{here}/{count(len(hits))}" if here else count(len(hits))
            return [*spans, (f"  /{self._wanted} ", "muted"), (found, "strong" if hits else "late")]
        if self.order != "made":
            spans.append((f"  {self.order}", "muted"))
        return spans

    def _axis(self, width: int) -> Spans:
        if self._whole is _NOWHERE:
            return []
        scale = self._window.scale(self._whole)
        begin = (scale.start - self._whole.start).total_seconds()
        return axis(scale.seconds, width, begin)

    # -- opening and ordering -----------------------------------------------------------------------------------------

    def _open(self, row: Row, wanted: bool) -> None:
        if row.opens and row.open is not wanted:
            self.opened = self.opened | {row.id} if wanted else self.opened - {row.id}
            self.post_message(self.Changed())

    def turn(self, row_id: str) -> None:
        """Open or close the subflow or the group with that id, wherever the cursor is."""
        self.opened = self.opened ^ {row_id}
        self.post_message(self.Changed())

    def action_turn(self) -> None:
        """Open or close the subflow or the group under the cursor."""
        if (row := self.cursor_row) is not None:
            self._open(row, not row.open)

    def action_unfold(self) -> None:
        """Open what is under the cursor."""
        if (row := self.cursor_row) is not None:
            self._open(row, True)

    def action_fold(self) -> None:
        """Close what is under the cursor, or go to what it is in."""
        row = self.cursor_row
        if row is None:
            return
        if row.open:
            self._open(row, False)
            return
        for place in range(self.cursor_index - 1, -1, -1):
            if self._outline.rows[place].depth < row.depth:
                self._move(place)
                return

    def action_order(self, step: int) -> None:
        """Order the rows otherwise."""
        self.order = ORDERS[(ORDERS.index(self.order) + step) % len(ORDERS)]
        self._refresh_header()
        self.post_message(self.Changed())

    # -- zooming ------------------------------------------------------------------------------------------------------

    def action_zoom(self, factor: float) -> None:
        """Show a shorter or a longer part of the run's time, around where the task under the cursor begins."""
        task = self.cursor_task
        start = (task.start_time or task.created) if task is not None else None
        around = self._whole.place(start) if start is not None and self._whole is not _NOWHERE else 0.5
        self._look_through(self._window.zoomed(float(factor), min(max(around, 0.0), 1.0)))

    def action_pan(self, parts: float) -> None:
        """Look at an earlier or a later part."""
        self._look_through(self._window.moved(float(parts)))

    def _look_through(self, window: Window) -> None:
        if window != self._window:
            self._window = window
            self.refresh()

    # -- finding ------------------------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Look for a task by its name."""
        self.post_message(self.FindAsked())

    def look_for(self, words: str) -> None:
        """Mark what has these words in its name, and go to the first of them from the cursor on."""
        self._wanted = words.lower()
        self.refresh()
        if self._wanted:
            self._to_hit(1, here=True)

    @property
    def looks_for(self) -> str:
        """What is looked for; empty when nothing is."""
        return self._wanted

    def action_hit(self, step: int) -> None:
        """Go to the next or the previous match."""
        self._to_hit(step)

    def _hits(self) -> list[Row]:
        return [row for row in self._outline.rows if self._wanted in self._name_of(row).lower()]

    def _name_of(self, row: Row) -> str:
        task = self.task_of(row)
        return row.label if task is None else task.name

    def _to_hit(self, step: int, *, here: bool = False) -> None:
        rows, start = self._outline.rows, self.cursor_index
        if not self._wanted or not rows:
            return
        for number in range(0 if here else 1, len(rows) + 1):
            place = (start + step * number) % len(rows)
            if self._wanted in self._name_of(rows[place]).lower():
                self._move(place)
                break
        self._refresh_header()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if int(old_value) != int(new_value):
            self.post_message(self.Looked())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "hit":
            return bool(self._wanted)
        return super().check_action(action, parameters)
