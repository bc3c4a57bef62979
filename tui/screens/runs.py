"""Runs: the list of all runs, live, with a preview of the one under the cursor."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.listing import NEWEST, SORTS, QueryValue, RunSort
from flowtui.engine.model import Change, FlowRun
from flowtui.engine.query import parse
from flowtui.engine.query_edits import toggled
from flowtui.engine.usual import usual_of
from flowtui.tui.acting.keys import ActsOnRuns, acting_bindings
from flowtui.tui.acting.target import Subjects
from flowtui.tui.completing import Wanted, state_values
from flowtui.tui.formats import count, total_words
from flowtui.tui.glance import read_glance
from flowtui.tui.piping.records import Records
from flowtui.tui.piping.run_records import records_of_query, records_of_runs
from flowtui.tui.run_cells import is_live
from flowtui.tui.run_columns import DEFAULT, Seen, Shown, cells_of, column_of, columns_of
from flowtui.tui.run_list import RunList
from flowtui.tui.run_reader import RunReader
from flowtui.tui.run_rows import RunRows
from flowtui.tui.screens.choice import Choice, ChoiceScreen
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.status import Status
from flowtui.tui.views.choosing import choose_view, show_numbered
from flowtui.tui.views.model import ALL, View
from flowtui.tui.widgets.filter_bar import FilterBar
from flowtui.tui.widgets.find_line import FindLine
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.preview import RunPreview
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["RunsScreen"]

_SETTLE = 0.08
"""Seconds that the cursor must rest before the preview is read: holding a key down reads nothing."""
_MANY = 100
"""More changed runs than this are read again as a page instead of one by one."""
_COUNT_AGAIN = 20.0
"""Seconds after which runs are counted again, if any came in or went."""
_ATTENTION = "needs:attention"
_LEAVE = 0.5
"""Seconds after which a change of the list is kept on disk."""
_PREVIEWED = 500
_ALPHABETIC = frozenset({"name", "flow", "state", "deployment", "pool", "queue", "worker"})
"""What people read from A to Z; of all else they want the greatest first."""
_NO_RUNS = "No run yet.   4 shows the deployments: r there starts one.   A script starts one too: python my_flow.py"


class RunsScreen(ActsOnRuns, ShellScreen):
    """The list follows the store; the cursor stays on its run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *acting_bindings("runs", "cancel", "retry", "again-with"),
        Binding("w", "why", "why", id="runs.why"),
        Binding("f", "filter", "filter", id="runs.filter"),
        Binding("a", "attention", "attention", id="runs.attention"),
        Binding("l", "open('logs')", "logs", id="runs.logs"),
        Binding("D", "compare", "what changed", id="runs.compare"),
        Binding("slash", "find", "find", show=False, id="runs.find"),
        Binding("n", "find_next(1)", "find the next", show=False, id="runs.find-next"),
        Binding("N", "find_next(-1)", "find the one before", show=False, id="runs.find-previous"),
        Binding("A", "mark_all", "mark all that match", show=False, id="runs.mark-all"),
        Binding("o", "sort", "sort", show=False, id="runs.sort"),
        Binding("O", "sort_turned", "sort the other way round", show=False, id="runs.sort-turned"),
        Binding("V", "views", "views", show=False, id="runs.views"),
        Binding("C", "columns", "columns", show=False, id="runs.columns"),
        *(
            Binding(f"alt+{digit}", f"view({digit})", f"view {digit}", show=False, id=f"runs.view-{digit}")
            for digit in range(1, 10)
        ),
        Binding("p", "preview", "preview", show=False, id="runs.preview"),
        Binding("escape", "back", "back", show=False, id="runs.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reader: RunReader | None = None
        self._view = ALL
        self._adopted = self._asked_for = False
        self._usual: dict[str, float | None] = {}
        self._leaving: Timer | None = None
        self._rows = self._rows_of(RunList())
        self._shown: RunList | None = None
        self._marked: dict[str, FlowRun] = {}
        self._held: frozenset[str] = frozenset()
        self._settle: Timer | None = None
        self._reading = False
        self._count_due = True

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        yield FilterBar(parse, "all runs up to now · f filter", self._values)
        yield FindLine("part of what a row shows   enter next")
        yield VirtualTable(columns_of(DEFAULT), empty="reading the runs …", id="runs")
        yield RunPreview(app.now, app.zone, id="preview")

    def on_mount(self) -> None:
        self._table.focus()
        self._show_columns()
        self._show_sort()
        self._show_filter()
        self.set_interval(1.0, self._tick)
        self.set_interval(_COUNT_AGAIN, self._count_later)

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#runs", VirtualTable)

    @property
    def query_text(self) -> str:
        """The filter that is on, as it was written."""
        return self._view.query

    def set_query(self, text: str) -> None:
        """Show the runs that a filter lets through."""
        self._asked_for = True
        self._ask(replace(self._view, query=text.strip()))

    @property
    def view(self) -> View:
        """What is shown now, and how."""
        return self._view

    def show_view(self, view: View) -> None:
        """Show a view."""
        self._asked_for = True
        self._ask(view)

    def _ask(self, view: View) -> None:
        """Show another filter, order or columns. Another list is shown from its top, without the marks of the one
        before."""
        old, self._view = self._view, view
        if view == old or not self.is_mounted:  # the screen shows it when it is mounted
            return
        if view.columns != old.columns:
            self._show_columns()
        if (view.query, view.sort) != (old.query, old.sort):
            self._reader_now.start_over()
            self._table.forget_place()
            self._held, self._count_due = frozenset(), True
            self.request_load()
        self._show_sort()
        self._show_filter()
        self._leave_later()

    # -- reading ----------------------------------------------------------------------------------------------------

    @property
    def _reader_now(self) -> RunReader:
        """The reader, asked for the list that is on."""
        if self._reader is None:
            self._reader = RunReader(self.workstation)
        self._reader.ask(self._view.query, self._view.sort)
        return self._reader

    def wants(self, changes: tuple[Change, ...]) -> bool:
        if not changes:
            glance = self._preview.glance
            return glance is not None and is_live(glance.run)
        return any(change.kind in ("flow-run", "task-run", "run") for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        changed = set() if changes is None else {change.flow_run_id or change.subject_id for change in changes}
        if not self._adopted:
            await self._adopt()
        if changes is None or len(changed) > _MANY:
            await self._read_first()
        elif changed:
            await self._read_changed(changed)
        run = self._rows.get(self._table.cursor_id)
        if run is not None and (changes is None or not changes or run.id in changed):
            await self._read_preview(run)

    async def _adopt(self) -> None:
        """Look as this list did when it was left. A filter that was asked for meanwhile stays."""
        app = self.workstation
        last = await app.call(app.views.last, app.client.address)
        self._adopted = True
        if not self._asked_for:
            self._ask(last)
        elif self._view.laid_out_as(ALL) == self._view:
            self._ask(self._view.laid_out_as(last))

    def _leave_later(self) -> None:
        if self._adopted:
            if self._leaving is not None:
                self._leaving.stop()
            self._leaving = self.set_timer(_LEAVE, self._leave)

    @work(group="leave", exit_on_error=False)
    async def _leave(self) -> None:
        """Keep how the list looks, for the next time."""
        self._leaving = None
        app = self.workstation
        await app.call(app.views.leave, app.client.address, self._view)

    def on_unmount(self) -> None:
        if self._leaving is not None:
            self._leaving.stop()
            self.workstation.views.leave(self.workstation.client.address, self._view)

    async def _read_first(self) -> None:
        reader = self._reader_now
        if self._table.marks and reader.list.runs:  # the order stands still while runs are being marked
            await self._read_changed(reader.list.ids)
            return
        try:
            is_new = await reader.read_first()
        except UsageError:
            if self._view.sort == NEWEST:
                raise
            self._ask(replace(self._view, sort=NEWEST))  # what cannot be sorted so is shown as it always can be
            raise
        if is_new:
            self._held = frozenset()
            self._show(reader.list, None)
            self._count()

    async def _read_changed(self, ids: Collection[str]) -> None:
        reader = self._reader_now
        if self._table.is_marking:
            held = await reader.read_in_place(ids)
        else:
            held = await reader.read_changed(ids)
        if held is None:
            return
        self._held |= held
        self._count_due = True
        self._show(reader.list, ids)

    @on(VirtualTable.RowsWanted)
    def _rows_wanted(self) -> None:
        if not self._reading:
            self._reading = True
            self._read_on()

    @work(group="more", exit_on_error=False)
    async def _read_on(self) -> None:
        """Read what is wanted now; what was wanted before and is out of sight again is not read."""
        before = None
        try:
            while (wanted := self._table.wanted) is not None and (wanted, self._shown) != before:
                before = wanted, self._shown
                reader = self._reader_now
                if await reader.read_rows(*wanted):
                    self._show(reader.list, None, moved=True)
        except FlowtuiError as error:
            self.workstation.notify_error(error)
        finally:
            self._reading = False

    def _count_later(self) -> None:
        if self.is_current and self._count_due:
            self._count()

    @work(group="count", exclusive=True, exit_on_error=False)
    async def _count(self) -> None:
        """How many runs there are is told after the runs themselves."""
        self._count_due = False
        reader = self._reader_now
        try:
            if await reader.read_total():
                self._show(reader.list, None, moved=True)
        except FlowtuiError as error:
            self.workstation.notify_error(error)

    async def _values(self, asked: Wanted) -> Sequence[QueryValue]:
        """Values for the filter that is being written."""
        if asked.field == "state":
            return state_values(self.workstation.status.counts, asked.start)
        client = self.workstation.client
        return await self.workstation.call(client.query_values, asked.field, asked.start, path=asked.path)

    # -- showing ----------------------------------------------------------------------------------------------------

    @property
    def _preview(self) -> RunPreview:
        return self.query_one(RunPreview)

    def _rows_of(self, runs: RunList) -> RunRows:
        paint = cells_of(self._view.columns)
        return RunRows(
            runs,
            len(self._view.columns),
            lambda run: paint(run, Seen(self.workstation.now(), self.workstation.zone, self._usual)),
        )

    def _show(self, runs: RunList, changed: Collection[str] | None, *, moved: bool = False) -> None:
        """Show the list. When only `changed` rows look different, only they are painted."""
        old, rows = self._shown, self._rows_of(runs)
        self._shown, self._rows = runs, rows
        if old is not None and changed is not None and len(runs) == len(old) and _same_order(runs, old):
            self._table.update(rows, changed)
        else:
            nothing = "No run fits this filter.   esc clears it" if self._view.query else _NO_RUNS
            gone = () if old is None or changed is None else set(changed) - runs.ids
            self._table.show(rows, empty=nothing, gone=gone, changed=changed or (), moved=moved)
        self._note_marked()
        self._show_filter()
        if any(shown.key == "usual" for shown in self._view.columns):
            self._read_usual()
        if self._rows.get(self._table.cursor_id) is None:
            self._preview.show(None, self.workstation.zone)

    def _show_columns(self) -> None:
        if self._shown is not None:
            self._rows = self._rows_of(self._shown)
        self._table.set_columns(columns_of(self._view.columns), self._rows)
        if any(shown.key == "usual" for shown in self._view.columns):
            self._read_usual()

    def _sorted_columns(self) -> dict[str, int]:
        """What the list can be sorted by, and the column that shows it."""
        sorts = ((column_of(shown.key).sort, at) for at, shown in enumerate(self._view.columns))
        return {name: at for name, at in sorts if name is not None}

    def _show_sort(self) -> None:
        sort = self._view.sort
        self._table.set_sort(self._sorted_columns().get(sort.name), descending=sort.descending)

    @work(group="usual", exclusive=True, exit_on_error=False)
    async def _read_usual(self) -> None:
        """How long the flows that are shown usually take; each is asked once."""
        app, runs = self.workstation, self._shown.runs if self._shown is not None else ()
        for name in dict.fromkeys(run.flow_name for run in runs[:_PREVIEWED]):
            if name not in self._usual:
                usual = usual_of(await app.call(app.client.usual_seconds, name))
                self._usual[name] = usual.p50 if usual is not None else None
                self._table.refresh()

    def _show_filter(self) -> None:
        self.query_one(FilterBar).show(self._view.query, tuple(self._note()))

    def _note(self) -> Iterable[Span]:
        """What the right of the filter says; the last of it goes first where there is little room."""
        if self._table.is_marking:
            yield f"{self._marked_words()}   ", "accent"
        if self._held:
            yield f"▲ {count(len(self._held))} new   ", "accent"
        yield self._known(), "muted"
        if self._view.sort.name not in self._sorted_columns():
            yield f"   by {self._view.sort.what.about}", "faint"
        if self._view.name != ALL.name:
            yield f"   {self._view.name}", "faint"
        counts = self.workstation.status.counts
        if counts is not None and counts.scheduled and not self._view.query:
            yield f"   ◷ {count(counts.scheduled)} scheduled", "faint"

    def _known(self) -> str:
        """How many runs there are: `1,204 of ~1.2 M`."""
        reader = self._reader
        if reader is None or reader.total is None:
            number = len(reader.list.runs) if reader is not None else 0
            return f"{count(number)}+ runs" if number else "…"
        words = total_words(reader.total)
        if reader.of is not None:
            return f"{words} of {total_words(reader.of)}"
        return f"{words} {'run' if reader.total.number == 1 else 'runs'}"

    def _marked_words(self) -> str:
        if self._table.all_marked:
            return f"all {self._known()} marked"
        return f"{count(len(self._table.marks))} marked"

    def show_status(self, status: Status) -> None:
        super().show_status(status)
        if self.is_mounted:
            self._show_filter()

    def _tick(self) -> None:
        """A second has passed: durations of what runs have grown."""
        if self.is_current:
            runs = self._shown.runs if self._shown is not None else ()
            self._table.refresh_rows(run.id for run in runs if is_live(run))
            self._preview.tick()

    @on(VirtualTable.RowHighlighted)
    def _highlighted(self) -> None:
        if self._settle is not None:
            self._settle.stop()
        self._settle = self.set_timer(_SETTLE, self._look_closer)

    @work(group="preview", exclusive=True, exit_on_error=False)
    async def _look_closer(self) -> None:
        run = self._rows.get(self._table.cursor_id)
        if run is not None:
            try:
                await self._read_preview(run)
            except FlowtuiError as error:
                self.workstation.notify_error(error)

    async def _read_preview(self, run: FlowRun) -> None:
        if not self._preview.display:
            return
        glance = await self.workstation.call(read_glance, self.workstation.client, run)
        if self._table.cursor_id == run.id:
            self._preview.show(glance, self.workstation.zone)

    # -- keys -------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        self.workstation.open_run(message.row_id)

    @on(VirtualTable.Marked)
    def _marks_changed(self) -> None:
        self._note_marked()
        self._show_filter()
        if self._held and not self._table.is_marking:
            self.request_load()

    def _note_marked(self) -> None:
        """Keep the marked runs in hand: they may go out of what was read."""
        known = {run_id: self._rows.get(run_id) or self._marked.get(run_id) for run_id in self._table.marks}
        self._marked = {run_id: run for run_id, run in known.items() if run is not None}

    def acting_on(self) -> Subjects | None:
        """All that match, the marked runs, or the one under the cursor; whatever happens to the list later."""
        return self._reader_now.query() if self._table.all_marked else self._table.subjects or None

    def acted(self) -> None:
        self._table.clear_marks()

    def pipe_records(self) -> Records | None:
        """What can be handed on: the marked runs, or all that the filter finds."""
        if self._table.marks and not self._table.all_marked:
            self._note_marked()
            return records_of_runs(list(self._marked.values()))
        app = self.workstation
        return records_of_query(app.call, app.client, self._reader_now.query()) if app.is_open else None

    def action_open(self, tab: str) -> None:
        """Open the run under the cursor on one of its tabs; the logs of several marked runs as one."""
        if tab == "logs" and len(self._table.marks) > 1 and not self._table.all_marked:
            self.workstation.open_logs(self._table.subjects)
        elif self._table.cursor_id is not None:
            self.workstation.open_run(self._table.cursor_id, tab)

    def action_why(self) -> None:
        """Say what the run under the cursor waits for."""
        if self._table.cursor_id is not None:
            self.workstation.open_why(self._table.cursor_id)

    def action_compare(self) -> None:
        """Say what changed between the two marked runs, or since the last run that went well."""
        table = self._table
        runs = [self._rows.get(run_id) or self._marked.get(run_id) for run_id in table.subjects]
        known = [] if table.all_marked else [run for run in runs if run is not None]
        if len(known) == 1:
            self.workstation.open_compare(None, known[0].id)
        elif len(known) == 2:
            older, newer = sorted(known, key=lambda run: run.started_or_due)
            self.workstation.open_compare(older.id, newer.id)
        elif table.is_marking:
            self.workstation.tell("Mark two runs to compare them, or none: then it is the last one that went well.")

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.toggle_class("-no-preview")
        self._look_closer()

    def action_mark_all(self) -> None:
        """Mark all runs that the filter lets through, those that were not read among them."""
        self._table.mark_all()

    def action_filter(self) -> None:
        """Write a filter."""
        self.query_one(FilterBar).open()

    def action_attention(self) -> None:
        """Show what a person has to look at, or what was shown before."""
        self.set_query(toggled(self._view.query, _ATTENTION))

    # -- order ------------------------------------------------------------------------------------------------------

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_sort(self) -> None:
        """Choose what the list is sorted by."""
        now = self._view.sort.name
        choices = [Choice(sort.name, sort.name, sort.about, sort.name == now) for sort in SORTS.values()]
        answer = await self.workstation.push_screen_wait(ChoiceScreen("Sort by", choices))
        if answer is not None:
            self._sort_by(answer[1])

    def action_sort_turned(self) -> None:
        """Turn the order round."""
        sort = self._view.sort
        self._ask(replace(self._view, sort=RunSort(sort.name, not sort.descending)))

    @on(VirtualTable.TitleClicked)
    def _title_clicked(self, message: VirtualTable.TitleClicked) -> None:
        name = column_of(self._view.columns[message.column].key).sort
        if name is not None:
            self._sort_by(name)

    def _sort_by(self, name: str) -> None:
        """Sort by a thing; by the same again, the other way round."""
        if name == self._view.sort.name:
            self.action_sort_turned()
        else:
            self._ask(replace(self._view, sort=RunSort(name, name not in _ALPHABETIC)))

    # -- views and columns ------------------------------------------------------------------------------------------

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_views(self) -> None:
        """Choose a view, save the present one, or forget one."""
        await choose_view(self.workstation, self)

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_view(self, number: int) -> None:
        """Show a view by its number."""
        await show_numbered(self.workstation, self, number)

    def action_columns(self) -> None:
        """Choose the columns."""
        from flowtui.tui.screens.columns import ColumnsScreen  # noqa: PLC0415 - only when it is shown

        def apply(columns: tuple[Shown, ...]) -> None:
            self._ask(replace(self._view, columns=columns))

        self.workstation.push_screen(ColumnsScreen(self._view.columns, apply))

    # -- finding ----------------------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Look for letters in the list; its neighbours stay."""
        self.query_one(FindLine).open()

    @on(FindLine.Changed)
    def _find_changed(self, message: FindLine.Changed) -> None:
        self._table.set_find(message.words)
        self._table.find(1, here=True)

    @on(FindLine.Left)
    def _find_left(self) -> None:
        self._table.focus()

    @work(group="find", exclusive=True, exit_on_error=False)
    async def action_find_next(self, direction: int) -> None:
        """Go to the next row that has the letters; beyond what was read, to the next run of that name."""
        words = self.query_one(FindLine).words
        if not words or self._table.find(direction):
            return
        try:
            run_id = await self._reader_now.find(words, direction)
        except FlowtuiError as error:
            self.workstation.notify_error(error)
            return
        if run_id is None:
            self.workstation.tell(f"No other run {'below' if direction > 0 else 'above'} has {words!r}.")
            return
        self._show(self._reader_now.list, None, moved=True)
        self._table.reveal(run_id)

    def action_back(self) -> None:
        """Take the marks away, then what is looked for, then the filter, then go up."""
        if self._table.is_marking:
            self._table.clear_marks()
        elif self.query_one(FindLine).words:
            self.query_one(FindLine).action_clear()
        elif self._view.query:
            self.set_query("")
        else:
            self.workstation.action_up()

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.set_query(message.text)

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._table.focus()


def _same_order(one: RunList, other: RunList) -> bool:
    return one.above == other.above and [run.id for run in one.runs] == [run.id for run in other.runs]
