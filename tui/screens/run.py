"""One flow run: its tasks along time, its log, what it was given and what it gave, and how it went."""

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from flowtui.engine.errors import NotFound
from flowtui.engine.model import Change, FlowRun, LogPage, TaskRun, TaskRunFilter
from flowtui.engine.results.previews import result_text
from flowtui.engine.states import State
from flowtui.tui.formats import count, duration, moment
from flowtui.tui.run_actions import cancel_runs, retry_runs
from flowtui.tui.run_cells import is_live, state_spans
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.text import safe
from flowtui.tui.timeline import TaskList, bar_spans, outcome_spans, scale_of, task_duration, usual
from flowtui.tui.widgets.bars import axis
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.log_pane import LogPane
from flowtui.tui.widgets.paint import Spans
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.run_title import RunTitle
from flowtui.tui.widgets.tab_strip import Tab, TabStrip
from flowtui.tui.widgets.value_view import ValueView
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["RunScreen"]

_TASK_PAGE = 1000
_TABS = ("timeline", "logs", "parameters", "result", "states")
_TASK_COLUMNS = (
    Column("TASK", 14, share=1, most=36),
    Column("", 16, share=4),
    Column("TOOK", 6, align="right"),
    Column("STATE", 14, share=2, most=60),
)
_STATE_COLUMNS = (
    Column("WHEN", 12, align="right"),
    Column("AFTER", 7, align="right"),
    Column("STATE", 16),
    Column("MESSAGE", 10, share=1),
)


class RunScreen(ShellScreen):
    """Follows one run while it lives."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", "cancel", id="run.cancel"),
        Binding("R", "retry", "retry", id="run.retry"),
        Binding("w", "why", "why", id="run.why"),
        Binding("l", "tab('logs')", "logs", id="run.logs"),
        Binding("right_square_bracket", "next_tab(1)", "next tab", key_display="]", id="run.next-tab"),
        Binding("left_square_bracket", "next_tab(-1)", "previous tab", show=False, id="run.previous-tab"),
        Binding("escape", "back", "back", id="run.back"),
    ]

    def __init__(self, run_id: str, tab: str = "timeline") -> None:
        super().__init__()
        self.run_id = run_id
        self._first_tab = tab if tab in _TABS else "timeline"
        self._run: FlowRun | None = None
        self._tasks = TaskList()
        self._states: tuple[State, ...] = ()
        self._usual: timedelta | None = None
        self._gone = False
        self._seconds = 0.0

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        yield RunTitle(app.now, app.zone)
        yield TabStrip([Tab(name, name.title()) for name in _TABS], self._first_tab, indent=2, id="tabs")
        with Vertical(id="panes", classes=f"-{self._first_tab}"):
            yield VirtualTable(_TASK_COLUMNS, empty="reading the tasks …", markable=False, id="timeline")
            yield LogPane(app.zone, id="logs")
            yield ValueView(id="parameters")
            yield ValueView(id="result")
            yield VirtualTable(_STATE_COLUMNS, empty="reading the states …", markable=False, id="states")

    def on_mount(self) -> None:
        self._timeline.draw_title(1, self._axis)
        self.query_one(LogPane).open(self._read_lines, self.workstation.notify_error)
        self._focus_pane()
        self.set_interval(1.0, self._tick)

    # -- reading ----------------------------------------------------------------------------------------------------

    def wants(self, changes: tuple[Change, ...]) -> bool:
        if not changes:
            return self._run is None or not self._run.state.is_final()
        return any(self.run_id in (change.flow_run_id, change.subject_id) for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        if self._gone:
            return
        try:
            run = await app.call(app.client.read_flow_run, self.run_id)
        except NotFound:
            self._gone = True
            raise
        if self._run is None:
            self._usual = usual(await app.call(app.client.usual_seconds, run.flow_name))
        moved = self._run is None or run.state.id != self._run.state.id
        self._run = run
        self._show_run()
        if moved:
            self.refresh_bindings()  # what can be done to it depends on its state
        if moved or changes is None:
            self._states = await app.call(app.client.flow_run_states, self.run_id)
            self._show_states()
        await self._read_tasks(changes)
        if self.query_one(LogPane).display:  # a log that nobody looks at is not read
            await self.query_one(LogPane).catch_up()

    async def _read_lines(self, start: int, limit: int) -> LogPage:
        app = self.workstation
        return await app.call(app.client.read_logs, self.run_id, start=start, limit=limit)

    async def _read_tasks(self, changes: tuple[Change, ...] | None) -> None:
        """Fold in what the feed told; read the last page again, and what follows it, when there are new tasks."""
        mine = [change for change in changes or () if change.kind == "task-run" and change.flow_run_id == self.run_id]
        if changes is not None and not mine:
            return
        tasks, old = self._tasks.folded(mine), self._tasks
        if changes is None or any(tasks.place(change.subject_id) is None for change in mine):
            tasks = await self._read_tail(tasks)
        self._tasks = tasks
        self._show_tasks(old)

    async def _read_tail(self, tasks: TaskList) -> TaskList:
        app, where = self.workstation, TaskRunFilter(flow_run_id=self.run_id)
        while True:
            cursor, settled = tasks.last_cursor, tasks.settled
            page = await app.call(app.client.list_task_runs, where, limit=_TASK_PAGE, after=cursor)
            tasks = tasks.with_tail(cursor, settled, page.items)
            if page.next is None:
                return tasks
            tasks = TaskList(tasks.tasks, tasks.places, page.next, len(tasks.tasks))

    # -- showing ----------------------------------------------------------------------------------------------------

    @property
    def tab(self) -> str:
        """The tab that is on."""
        return self.query_one("#tabs", TabStrip).active

    @property
    def _timeline(self) -> VirtualTable:
        return self.query_one("#timeline", VirtualTable)

    def _show_run(self) -> None:
        run = self._run
        if run is None:
            return
        self.query_one(RunTitle).show(run, self._usual, self.workstation.zone)
        self.query_one("#parameters", ValueView).show_value(run.parameters, "This run was given no parameters.")
        self.query_one("#result", ValueView).show_json(run.result, _no_result(run))
        stats = run.stats
        notes = {
            "timeline": f"{count(stats.done)}/{count(stats.tasks)}" if stats.tasks else "",
            "logs": f"{stats.errors}✖" if stats.errors else "",
            "parameters": str(len(run.parameters) or ""),
        }
        tabs = [Tab(name, name.title(), note=notes.get(name, "")) for name in _TABS]
        self.query_one("#tabs", TabStrip).show(tabs=tabs)

    def _show_tasks(self, old: TaskList) -> None:
        new = self._tasks
        if new.places is not old.places:
            self.query_one(LogPane).view.set_names({task.id: task.name for task in new.tasks})
        rows = ItemRows(new.tasks, lambda task: task.id, self._task_cells)
        if new.places is not None and new.places == old.places:
            self._timeline.update(
                rows, [task.id for task, was in zip(new.tasks, old.tasks, strict=True) if task != was]
            )
        else:
            self._timeline.show(
                rows, empty="This run has called no task." if self._over else "No task has been called yet."
            )

    @property
    def _over(self) -> bool:
        return self._run is not None and self._run.state.is_final()

    def _task_cells(self, task: TaskRun) -> list[Cell]:
        now, run = self.workstation.now(), self._run
        assert run is not None
        scale = scale_of(run, now)
        return [
            [(task.name, "text")],
            lambda width: bar_spans(task, scale, now, width),
            task_duration(task, now),
            outcome_spans(task),
        ]

    def _axis(self, width: int) -> Spans:
        return axis(scale_of(self._run, self.workstation.now()).seconds, width) if self._run is not None else []

    def _show_states(self) -> None:
        app, states = self.workstation, self._states
        before = {state.id: states[index - 1] if index else None for index, state in enumerate(states)}

        def cells(state: State) -> list[Cell]:
            earlier = before[state.id]
            after = duration(state.timestamp - earlier.timestamp) if earlier is not None else ""
            when = moment(state.timestamp, app.now(), app.zone)
            return [[(when, "muted")], [(after, "muted")], state_spans(state), [(state.message or "", "text")]]

        self.query_one("#states", VirtualTable).show(ItemRows(states, lambda state: state.id, cells))

    def zone_changed(self) -> None:
        self.query_one(LogPane).view.set_zone(self.workstation.zone)
        super().zone_changed()

    def _tick(self) -> None:
        """A second has passed: what runs has grown."""
        run = self._run
        if run is None or not self.is_current or not is_live(run):
            return
        self.query_one(RunTitle).tick()
        if self.tab == "timeline":
            seconds = scale_of(run, self.workstation.now()).seconds
            if seconds != self._seconds:
                self._seconds = seconds
                self._timeline.refresh()
            else:
                self._timeline.refresh_rows(task.id for task in self._tasks.tasks if task.state.is_running())

    # -- tabs -------------------------------------------------------------------------------------------------------

    def action_tab(self, name: str) -> None:
        """Turn on a tab."""
        self.query_one("#tabs", TabStrip).show(name)
        self.query_one("#panes").set_classes(f"-{name}")
        self._focus_pane()
        self.request_load(())

    def action_next_tab(self, step: int) -> None:
        """Turn on the next tab."""
        self.action_tab(_TABS[(_TABS.index(self.tab) + step) % len(_TABS)])

    def on_tab_strip_chosen(self, message: TabStrip.Chosen) -> None:
        if message.strip.id == "tabs":
            message.stop()
            self.action_tab(message.tab)
        else:
            super().on_tab_strip_chosen(message)

    def _focus_pane(self) -> None:
        pane = self.query_one(f"#{self.tab}")
        (pane.view if isinstance(pane, LogPane) else pane).focus()

    @on(VirtualTable.RowSelected, "#timeline")
    def _task_chosen(self, message: VirtualTable.RowSelected) -> None:
        """Enter on a task shows the log from where the task began."""
        index = self._tasks.place(message.row_id)
        task = self._tasks.tasks[index] if index is not None else None
        if task is not None and task.child_flow_run_id is not None:
            self.workstation.open_run(task.child_flow_run_id)
        elif task is not None:
            self.action_tab("logs")
            self.query_one(LogPane).seek_task(task.id)

    # -- keys -------------------------------------------------------------------------------------------------------

    @work(group="act", exit_on_error=False)
    async def action_cancel(self) -> None:
        """Ask, then cancel this run."""
        if self._run is not None:
            await cancel_runs(self.workstation, [self._run])

    @work(group="act", exit_on_error=False)
    async def action_retry(self) -> None:
        """Try this run again."""
        if self._run is not None:
            await retry_runs(self.workstation, [self._run])

    def action_why(self) -> None:
        """Say what this run waits for."""
        self.workstation.open_why(self.run_id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        run = self._run
        if run is not None and action in ("cancel", "retry"):
            return run.state.is_final() is (action == "retry")
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Stop looking for something, then go back to where this run was opened."""
        pane = self.query_one(LogPane)
        if self.tab == "logs" and pane.has_find:
            pane.forget_find()
        else:
            self.workstation.action_up()


def _no_result(run: FlowRun) -> str:
    """Why there is no result to show."""
    if not run.state.is_final():
        return "The run has not ended yet."
    if not run.state.is_completed():
        return f"The run is {run.state.name}, so it has no result."
    kept = result_text(None, run.state.details)
    if kept is not None:
        return safe(f"The result is kept elsewhere: {kept}")
    return "The result was not kept: only small values that are exact in JSON are."
