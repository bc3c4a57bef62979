"""Runs: the list of all runs, live, with a preview of the one under the cursor."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import Change, FlowRun, TaskRunFilter
from flowtui.engine.query import Query, parse
from flowtui.engine.states import StateType
from flowtui.tui.acting.keys import ActsOnRuns, acting_bindings
from flowtui.tui.acting.target import Subjects
from flowtui.tui.formats import count
from flowtui.tui.run_cells import RUN_COLUMNS, is_live, run_cells
from flowtui.tui.run_list import RunList
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.status import Status
from flowtui.tui.widgets.filter_bar import FilterBar
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.preview import Glance, RunPreview
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["RunsScreen"]

_PAGE = 200
_SETTLE = 0.08
"""Seconds that the cursor must rest before the preview is read: holding a key down reads nothing."""
_LOG_LINES = 12
_TASKS = 200
_MANY = 100
"""More changed runs than this are read again as a page instead of one by one."""


_SOON = timedelta(seconds=5)
"""Runs that are due later than this are not in the list unless they were asked for."""
_NO_RUNS = "No run yet.   4 shows the deployments: r there starts one.   A script starts one too: python my_flow.py"


class RunsScreen(ActsOnRuns, ShellScreen):
    """The list follows the store; the cursor stays on its run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *acting_bindings("runs", "cancel", "retry", "again-with"),
        Binding("w", "why", "why", id="runs.why"),
        Binding("D", "compare", "what changed", show=False, id="runs.compare"),
        Binding("f,slash", "filter", "filter", key_display="f", id="runs.filter"),
        Binding("l", "open('logs')", "logs", id="runs.logs"),
        Binding("p", "preview", "preview", show=False, id="runs.preview"),
        Binding("escape", "back", "back", show=False, id="runs.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._query = ""
        self._list = RunList()
        self._rows = self._rows_of(self._list)
        self._settle: Timer | None = None

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        yield FilterBar(parse, "all runs up to now · f filter")
        yield VirtualTable(RUN_COLUMNS, empty="reading the runs …", id="runs")
        yield RunPreview(app.now, app.zone, id="preview")

    def on_mount(self) -> None:
        self._table.focus()
        self._show_filter()
        self.set_interval(1.0, self._tick)

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#runs", VirtualTable)

    @property
    def query_text(self) -> str:
        """The filter that is on, as it was written."""
        return self._query

    def set_query(self, text: str) -> None:
        """Show the runs that a filter lets through."""
        self._query = text.strip()
        if self.is_mounted:  # else the filter is shown when the screen is
            self._show_filter()
            self.request_load()

    # -- reading ----------------------------------------------------------------------------------------------------

    def _filtered(self, ids: Iterable[str] = ()) -> Query:
        """The filter now. Runs that are due later are left out unless the filter speaks of them."""
        query, now = parse(self._query, self.workstation.zone), self.workstation.now()
        if not query.looks_ahead(now):
            query &= Query.of(until=now + _SOON)
        return query & Query.of(ids=ids)

    def wants(self, changes: tuple[Change, ...]) -> bool:
        if not changes:
            glance = self._preview.glance
            return glance is not None and is_live(glance.run)
        return any(change.kind in ("flow-run", "task-run", "run") for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        changed = set() if changes is None else {change.flow_run_id or change.subject_id for change in changes}
        if changes is None or len(changed) > _MANY:
            await self._read_first()
        elif changed:
            await self._read_changed(changed)
        run = self._rows.get(self._table.cursor_id)
        if run is not None and (changes is None or not changes or run.id in changed):
            await self._read_preview(run)

    async def _read_first(self) -> None:
        limit, query = max(_PAGE, len(self._list.runs)), self._query
        app = self.workstation
        page = await app.call(app.client.list_flow_runs, self._filtered(), limit=limit)
        if query == self._query:
            self._show(RunList.of(page), None)

    async def _read_changed(self, ids: set[str]) -> None:
        """Look at the changed runs again: some came in, some went out, some look different."""
        app, query = self.workstation, self._query
        page = await app.call(app.client.list_flow_runs, self._filtered(ids), limit=len(ids))
        if query == self._query:
            self._show(self._list.merged(ids, page.items), ids)

    @on(VirtualTable.MoreWanted)
    def _more_wanted(self) -> None:
        self._read_more()

    @work(group="more", exclusive=True, exit_on_error=False)
    async def _read_more(self) -> None:
        app, query, after = self.workstation, self._query, self._list.next
        if after is None:
            return
        try:
            page = await app.call(app.client.list_flow_runs, self._filtered(), limit=_PAGE, after=after)
        except FlowtuiError as error:
            app.notify_error(error)
            return
        if query == self._query and after == self._list.next:
            self._show(self._list.extended(page), set())

    # -- showing ----------------------------------------------------------------------------------------------------

    @property
    def _preview(self) -> RunPreview:
        return self.query_one(RunPreview)

    def _rows_of(self, runs: RunList) -> ItemRows[FlowRun]:
        app = self.workstation
        return ItemRows(runs.runs, lambda run: run.id, lambda run: run_cells(run, app.now(), app.zone))

    def _show(self, runs: RunList, changed: set[str] | None) -> None:
        """Show the list. When only `changed` rows look different, only they are painted."""
        same = changed is not None and [run.id for run in runs.runs] == [run.id for run in self._list.runs]
        self._list, self._rows = runs, self._rows_of(runs)
        if same:
            self._table.update(self._rows, changed or ())
        else:
            nothing = "No run fits this filter.   esc clears it" if self._query else _NO_RUNS
            self._table.show(self._rows, more=runs.next is not None, empty=nothing)
        self._show_filter()
        if self._rows.get(self._table.cursor_id) is None:
            self._preview.show(None, self.workstation.zone)

    def _show_filter(self) -> None:
        number, more = len(self._list.runs), "+" if self._list.next else ""
        known = f"{count(number)}{more} {'run' if number == 1 and not more else 'runs'}"
        counts = self.workstation.status.counts
        note: list[Span] = [(known, "muted")]
        if counts is not None and counts.scheduled and not self._query:
            note.append((f"   ◷ {count(counts.scheduled)} scheduled", "faint"))
        if self._table.marks:
            note.insert(0, (f"{len(self._table.marks)} marked   ", "accent"))
        self.query_one(FilterBar).show(self._query, tuple(note))

    def show_status(self, status: Status) -> None:
        super().show_status(status)
        if self.is_mounted:
            self._show_filter()

    def _tick(self) -> None:
        """A second has passed: durations of what runs have grown."""
        if self.is_current:
            self._table.refresh_rows(run.id for run in self._list.runs[:2000] if is_live(run))
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
    def _marked(self) -> None:
        self._show_filter()

    def acting_on(self) -> Subjects | None:
        """The marked runs, else the one under the cursor."""
        return self._table.subjects or None

    def acted(self) -> None:
        self._table.clear_marks()

    def action_open(self, tab: str) -> None:
        """Open the run under the cursor on one of its tabs."""
        if self._table.cursor_id is not None:
            self.workstation.open_run(self._table.cursor_id, tab)

    def action_why(self) -> None:
        """Say what the run under the cursor waits for."""
        if self._table.cursor_id is not None:
            self.workstation.open_why(self._table.cursor_id)

    def action_compare(self) -> None:
        """Say what changed between the two marked runs, or since the last run that went well."""
        runs = [run for run in map(self._rows.get, self._table.subjects) if run is not None]
        if len(runs) == 1:
            self.workstation.open_compare(None, runs[0].id)
        elif len(runs) == 2:
            older, newer = sorted(runs, key=lambda run: run.started_or_due)
            self.workstation.open_compare(older.id, newer.id)
        elif runs:
            self.workstation.tell("Mark two runs to compare them, or none: then it is the last one that went well.")

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.toggle_class("-no-preview")
        self._look_closer()

    def action_filter(self) -> None:
        """Write a filter."""
        self.query_one(FilterBar).open()

    def action_back(self) -> None:
        """Take the marks away, then the filter, then go up."""
        if self._table.marks:
            self._table.clear_marks()
        elif self._query:
            self.set_query("")
        else:
            self.workstation.action_up()

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.set_query(message.text)

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._table.focus()


def read_glance(client: Client, run: FlowRun) -> Glance:
    """What the preview shows of a run: at most some hundred tasks, and the end of its log."""
    where = TaskRunFilter(flow_run_id=run.id)
    tasks = client.list_task_runs(where, limit=_TASKS).items
    if run.stats.tasks > _TASKS:
        # The first page is not where the news is: look for what failed and what runs.
        known = {task.id: task for task in tasks}
        for kinds, limit in (((StateType.FAILED, StateType.CRASHED), 5), ((StateType.RUNNING,), 20)):
            for task in client.list_task_runs(replace(where, state_types=kinds), limit=limit).items:
                known[task.id] = task
        tasks = tuple(sorted(known.values(), key=lambda task: task.id))
    return Glance(run, tasks, client.read_logs(run.id, start=-_LOG_LINES, limit=_LOG_LINES).lines)
