"""Runs: the list of all runs, live, with a preview of the one under the cursor."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.listing import NEWEST, QueryValue
from flowtui.engine.model import Change, FlowRun
from flowtui.engine.usual import usual_of
from flowtui.tui.acting.keys import ActsOnRuns, acting_bindings
from flowtui.tui.acting.target import Subjects
from flowtui.tui.completing import Wanted, state_values
from flowtui.tui.formats import count, total_words
from flowtui.tui.glance import read_glance
from flowtui.tui.lists.bindings import list_bindings
from flowtui.tui.lists.screen import NOTHING_FITS, ListScreen
from flowtui.tui.piping.records import Records
from flowtui.tui.piping.run_records import records_of_query, records_of_runs
from flowtui.tui.run_cells import is_live
from flowtui.tui.run_columns import Seen
from flowtui.tui.run_list import RunList
from flowtui.tui.run_reader import RunReader
from flowtui.tui.run_rows import RunRows
from flowtui.tui.status import Status
from flowtui.tui.views.model import ALL, View
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
_PREVIEWED = 500
_NO_RUNS = "No run yet.   4 shows the deployments: r there starts one.   A script starts one too: python my_flow.py"


class RunsScreen(ActsOnRuns, ListScreen):
    """The list follows the store; the cursor stays on its run."""

    LIST = "runs"
    NOT_FOUND = "none near; n looks further"

    BINDINGS: ClassVar[list[BindingType]] = [
        *acting_bindings("runs", "cancel", "retry", "again-with"),
        Binding("w", "why", "why", id="runs.why"),
        *list_bindings("runs"),
        Binding("l", "open('logs')", "logs", id="runs.logs"),
        Binding("D", "compare", "what changed", id="runs.compare"),
        Binding("p", "preview", "preview", show=False, id="runs.preview"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reader: RunReader | None = None
        self._usual: dict[str, float | None] = {}
        self._rows = self._rows_of(RunList())
        self._shown: RunList | None = None
        self._marked: dict[str, FlowRun] = {}
        self._held: frozenset[str] = frozenset()
        self._settle: Timer | None = None
        self._reading = False
        self._count_due = True

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        yield from self.compose_filter("all runs up to now · f filter")
        yield VirtualTable((), empty="reading the runs …", id="runs")
        yield RunPreview(app.now, app.zone, id="preview")

    def on_mount(self) -> None:
        self.set_interval(_COUNT_AGAIN, self._count_later)

    @property
    def table(self) -> VirtualTable:
        return self.query_one("#runs", VirtualTable)

    def view_changed(self, old: View) -> None:
        """Another list is shown from its top, without the marks of the one before."""
        self._reader_now.start_over()
        self.table.forget_place()
        self._held, self._count_due = frozenset(), True
        self.request_load()

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
        await self.adopt()
        if changes is None or len(changed) > _MANY:
            await self._read_first()
        elif changed:
            await self._read_changed(changed)
        run = self._rows.get(self.table.cursor_id)
        if run is not None and (changes is None or not changes or run.id in changed):
            await self._read_preview(run)

    async def _read_first(self) -> None:
        reader = self._reader_now
        if self.table.marks and reader.list.runs:  # the order stands still while runs are being marked
            await self._read_changed(reader.list.ids)
            return
        try:
            is_new = await reader.read_first()
        except UsageError:
            if self._view.sort == NEWEST:
                raise
            self.ask(replace(self._view, sort=NEWEST))  # what cannot be sorted so is shown as it always can be
            raise
        if is_new:
            self._held = frozenset()
            self._show(reader.list, None)
            self._count()

    async def _read_changed(self, ids: Collection[str]) -> None:
        reader = self._reader_now
        if self.table.is_marking:
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
            while (wanted := self.table.wanted) is not None and (wanted, self._shown) != before:
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

    async def values(self, asked: Wanted) -> Sequence[QueryValue]:
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
        paint, pulse = self.columns.painter(self.columns_on), self.columns.pulse(self.columns_on)

        def seen() -> Seen:
            return Seen(self.workstation.now(), self.workstation.zone, self._usual)

        return RunRows(runs, len(self.columns_on), lambda run: paint(run, seen()), lambda run: pulse(run, seen()))

    def _show(self, runs: RunList, changed: Collection[str] | None, *, moved: bool = False) -> None:
        """Show the list. When only `changed` rows look different, only they are painted."""
        old, rows = self._shown, self._rows_of(runs)
        self._shown, self._rows = runs, rows
        if old is not None and changed is not None and len(runs) == len(old) and _same_order(runs, old):
            self.table.update(rows, changed)
        else:
            nothing = NOTHING_FITS if self._view.query else _NO_RUNS
            gone = () if old is None or changed is None else set(changed) - runs.ids
            self.table.show(rows, empty=nothing, gone=gone, changed=changed or (), moved=moved)
        self._note_marked()
        self.offer_keys()
        self.show_filter()
        self._read_usual()
        if self._rows.get(self.table.cursor_id) is None:
            self._preview.show(None, self.workstation.zone)

    def painted_rows(self) -> RunRows:
        self._rows = self._rows_of(self._shown or RunList())
        return self._rows

    def show_columns(self) -> None:
        super().show_columns()
        self._read_usual()

    def _read_usual(self) -> None:
        if any(shown.key == "usual" for shown in self._view.columns):
            self._ask_for_usual()

    @work(group="usual", exclusive=True, exit_on_error=False)
    async def _ask_for_usual(self) -> None:
        """How long the flows that are shown usually take; each is asked once."""
        app, runs = self.workstation, self._shown.runs if self._shown is not None else ()
        for name in dict.fromkeys(run.flow_name for run in runs[:_PREVIEWED]):
            if name not in self._usual:
                usual = usual_of(await app.call(app.client.usual_seconds, name))
                self._usual[name] = usual.p50 if usual is not None else None
                self.table.refresh()

    def note(self) -> Iterable[Span]:
        if self.table.is_marking:
            yield f"{self._marked_words()}   ", "accent"
        if self._held:
            yield f"▲ {count(len(self._held))} new   ", "accent"
        if not self.table.all_marked:
            yield self._known(), "muted"
        if self._view.sort.name not in self.sorted_columns():
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
        if self.table.all_marked:
            return f"all {self._known()} marked"
        return f"{count(len(self.table.marks))} marked"

    def show_status(self, status: Status) -> None:
        super().show_status(status)
        if self.is_mounted:
            self.show_filter()

    def tick(self) -> None:
        """A second has passed: durations of what runs have grown."""
        self.table.beat()
        self._preview.tick()

    @on(VirtualTable.RowHighlighted)
    def _highlighted(self) -> None:
        self.offer_keys()
        if self._settle is not None:
            self._settle.stop()
        self._settle = self.set_timer(_SETTLE, self._look_closer)

    @on(RunPreview.CameIntoSight)
    def _preview_shown(self) -> None:
        self._look_closer()

    @work(group="preview", exclusive=True, exit_on_error=False)
    async def _look_closer(self) -> None:
        run = self._rows.get(self.table.cursor_id)
        if run is not None:
            try:
                await self._read_preview(run)
            except FlowtuiError as error:
                self.workstation.notify_error(error)

    async def _read_preview(self, run: FlowRun) -> None:
        if not self._preview.display:
            return
        glance = await self.workstation.call(read_glance, self.workstation.client, run)
        if self.table.cursor_id == run.id:
            self._preview.show(glance, self.workstation.zone)

    # -- keys -------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        self.workstation.open_run(message.row_id)

    @on(VirtualTable.Marked)
    def _marks_changed(self) -> None:
        self._note_marked()
        self.offer_keys()
        self.show_filter()
        if self._held and not self.table.is_marking:
            self.request_load()

    def has_no_run(self) -> bool:
        return not len(self.table.rows)

    def run_in_hand(self) -> FlowRun | None:
        return None if self.table.is_marking else self._rows.get(self.table.cursor_id)

    def _note_marked(self) -> None:
        """Keep the marked runs in hand: they may go out of what was read."""
        known = {run_id: self._rows.get(run_id) or self._marked.get(run_id) for run_id in self.table.marks}
        self._marked = {run_id: run for run_id, run in known.items() if run is not None}

    def acting_on(self) -> Subjects | None:
        """All that match, the marked runs, or the one under the cursor; whatever happens to the list later."""
        return self._reader_now.query() if self.table.all_marked else self.table.subjects or None

    def acted(self) -> None:
        self.table.clear_marks()

    def pipe_records(self) -> Records | None:
        """What can be handed on: the marked runs, or all that the filter finds."""
        if self.table.marks and not self.table.all_marked:
            self._note_marked()
            return records_of_runs(list(self._marked.values()))
        app = self.workstation
        return records_of_query(app.call, app.client, self._reader_now.query()) if app.is_open else None

    def action_open(self, tab: str) -> None:
        """Open the run under the cursor on one of its tabs; the logs of several marked runs as one."""
        if tab == "logs" and len(self.table.marks) > 1 and not self.table.all_marked:
            self.workstation.open_logs(self.table.subjects)
        elif self.table.cursor_id is not None:
            self.workstation.open_run(self.table.cursor_id, tab)

    def action_why(self) -> None:
        """Say what the run under the cursor waits for."""
        if self.table.cursor_id is not None:
            self.workstation.open_why(self.table.cursor_id)

    def action_compare(self) -> None:
        """Say what changed between the two marked runs, or since the last run that went well."""
        table = self.table
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
        self.table.mark_all()

    async def find_beyond(self, words: str, direction: int) -> str | None:
        run_id = await self._reader_now.find(words, direction)
        if run_id is not None:
            self._show(self._reader_now.list, None, moved=True)
        return run_id


def _same_order(one: RunList, other: RunList) -> bool:
    return one.above == other.above and [run.id for run in one.runs] == [run.id for run in other.runs]
