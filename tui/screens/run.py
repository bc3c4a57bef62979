"""One flow run: its tasks along time, its log, what it was given and what it gave, and how it went."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from flowtui.engine.errors import FlowtuiError, NotFound
from flowtui.engine.model import Change, FlowRun, TaskRun
from flowtui.engine.shared import ArtifactRecord
from flowtui.engine.states import State
from flowtui.tui.acting.keys import ActsOnRuns, acting_bindings, has_use
from flowtui.tui.acting.target import Subjects
from flowtui.tui.formats import count
from flowtui.tui.logs.facts import RunFacts, attempts_of
from flowtui.tui.logs.source import RunLog
from flowtui.tui.run.branches import Branches
from flowtui.tui.run.forecast import forecast
from flowtui.tui.run.gantt import Gantt
from flowtui.tui.run.log_place import line_at
from flowtui.tui.run.nodes_pane import NodesPane
from flowtui.tui.run.outline import Outline, outline
from flowtui.tui.run.panes import TABS, RunPane, make_pane
from flowtui.tui.run.playhead import Playhead
from flowtui.tui.run.reading import RunReader
from flowtui.tui.run.rewind import seen_at
from flowtui.tui.run.scrubber import Scrubber
from flowtui.tui.run.seen import Seen, nothing
from flowtui.tui.run_cells import is_live
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.timeline import Scale, scale_of, usual
from flowtui.tui.widgets.find_line import FindLine
from flowtui.tui.widgets.log_pane import LogPane
from flowtui.tui.widgets.run_title import RunTitle
from flowtui.tui.widgets.tab_strip import Tab, TabStrip
from flowtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from flowtui.tui.piping.records import Records

__all__ = ["RunScreen"]

_REDRAW: Final = 2.0
"""Seconds after which the outline is drawn up again although no row came or went: the critical path moves."""


class RunScreen(ActsOnRuns, ShellScreen):
    """Follows one run while it lives."""

    AUTO_FOCUS = "Gantt"  # else a key that comes at once would be typed into the line that finds, which is hidden
    BINDINGS: ClassVar[list[BindingType]] = [
        *acting_bindings("run", "cancel", "retry", "again-with"),
        Binding("w", "why", "why", id="run.why"),
        Binding("t", "scrub", "rewind", id="run.scrub"),
        Binding("l", "tab('logs')", "logs", id="run.logs"),
        Binding("P", "parent", "parent run", show=False, id="run.parent"),
        Binding("right_square_bracket", "next_tab(1)", "next tab", key_display="]", id="run.next-tab"),
        Binding("left_square_bracket", "next_tab(-1)", "previous tab", show=False, id="run.previous-tab"),
        Binding("escape", "back", "back", id="run.back"),
        Binding("D", "compare", "what changed", id="run.compare"),
    ]

    def __init__(
        self, run_id: str, tab: str = "timeline", *, task_run_id: str | None = None, line: int | None = None
    ) -> None:
        super().__init__()
        self._goal = (task_run_id, line)
        self.run_id = run_id
        self._first_tab = tab if tab in TABS else "timeline"
        self._reader: RunReader | None = None
        self._outline = Outline()
        self._drawn = float("-inf")
        self._states: tuple[State, ...] = ()
        self._states_at = ""
        self._usual: timedelta | None = None
        self._gone = False
        self._caller: FlowRun | None = None
        """The run that called this one as a subflow."""
        self._panes: dict[str, RunPane] = {}
        """Those that were made, by tab."""
        self._replay: Seen | None = None
        """What was to be seen at the moment that is looked at; None at present."""

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        yield RunTitle(app.now, app.zone)
        yield TabStrip([Tab(name, name.title()) for name in TABS], self._first_tab, indent=2, id="tabs")
        find, gantt, logs = FindLine(id="find-task"), Gantt(id="timeline"), LogPane(app.zone, id="logs")
        _place(self._first_tab, find, gantt, logs)
        with Vertical(id="panes"):
            yield from (find, gantt, logs)
        yield Scrubber(app.zone)

    def on_mount(self) -> None:
        self._reader = RunReader(self.workstation, self.run_id, self._show_part)
        app = self.workstation
        self.query_one(LogPane).open(RunLog(app.call, lambda: app.client, self.run_id), app.notify_error)
        self.call_later(self._turn_on, self._first_tab)

    # -- reading ----------------------------------------------------------------------------------------------------

    def wants(self, changes: tuple[Change, ...]) -> bool:
        run = self._run
        if not changes:
            return run is None or not run.state.is_final()
        shown = self._reader.run_ids if self._reader is not None else {self.run_id}
        return any(
            change.flow_run_id in shown
            or change.subject_id in shown
            or (change.kind == "artifact" and change.body.get("flow_run_id") in shown)
            for change in changes
        )

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app, reader = self.workstation, self._reader
        if self._gone or reader is None:
            return
        before = self._run
        try:
            await reader.load(changes, self._subflows())
        except NotFound:
            self._gone = True
            raise
        run = self._run
        assert run is not None
        if before is None:
            self._usual = usual(await app.call(app.client.usual_seconds, run.flow_name))
            self._caller = await reader.read_parent(run)
        if before is None or run.state.id != before.state.id:
            self.refresh_bindings()  # what can be done to it depends on its state
        await self._draw_up(forced=changes is None)
        if run.state.id != self._states_at or changes is None:
            self._states, self._states_at = await app.call(app.client.flow_run_states, self.run_id), run.state.id
        await self._catch_up_replay(changes)
        await self._show()
        learned, made = await reader.read_usual(), await reader.read_artifacts(changes)
        if learned or made:
            await self._show()
        await self._load_pane(changes)

    async def _show_part(self) -> None:
        """A part of many tasks was read."""
        await self._draw_up(forced=True)
        await self._show()

    async def _draw_up(self, *, forced: bool = False) -> None:
        """Another outline, in a thread, when rows may have come or gone, or the critical path may have moved."""
        reader, gantt = self._reader, self._gantt
        now = asyncio.get_running_loop().time()
        assert reader is not None
        branches = reader.branches
        counted = sum(len(branch.tasks.tasks) for branch in branches.by_run.values())
        rows = len(self._outline.places)
        stale = now - self._drawn > _REDRAW
        if forced or stale or (counted != rows and not gantt.opened) or gantt.opened or gantt.order != "made":
            self._drawn = now
            self._outline = await asyncio.to_thread(
                outline, branches, gantt.opened, gantt.order, self._now, self._outline
            )

    def _subflows(self) -> list[str]:
        """The runs that are open within this one."""
        branches, opened = self._branches, self._gantt.opened
        return (
            [
                task.child_flow_run_id
                for task in branches.all_tasks()
                if task.id in opened and task.child_flow_run_id is not None
            ]
            if opened
            else []
        )

    async def _load_pane(self, changes: tuple[Change, ...] | None) -> None:
        """What the pane that is on needs beyond the run; a log that nobody looks at is not read."""
        logs, pane = self.query_one(LogPane), self._pane
        if logs.display:
            await logs.catch_up()
            self._go_there(logs)
        if pane is not None:
            await pane.load(changes)

    def _go_there(self, logs: LogPane) -> None:
        """Once, when there is something to see: to the place in the log that this screen was opened for."""
        task_run_id, line = self._goal
        if not logs.view.book.total or self._goal == (None, None):
            return
        self._goal = (None, None)
        if line is not None:
            logs.view.move_to_line(line)
        elif task_run_id is not None:
            logs.seek_task(task_run_id)

    # -- what it knows ------------------------------------------------------------------------------------------------

    @property
    def tab(self) -> str:
        """The tab that is on."""
        return self.query_one("#tabs", TabStrip).active

    @property
    def _gantt(self) -> Gantt:
        return self.query_one(Gantt)

    @property
    def _pane(self) -> RunPane | None:
        """The pane that is on, when it is neither the timeline nor the log."""
        return self._panes.get(self.tab)

    @property
    def _branches(self) -> Branches:
        return self._reader.branches if self._reader is not None else Branches(self.run_id)

    @property
    def _run(self) -> FlowRun | None:
        trunk = self._branches.trunk
        return trunk.run if trunk is not None else None

    @property
    def _artifacts(self) -> tuple[ArtifactRecord, ...]:
        return self._reader.artifacts if self._reader is not None else ()

    @property
    def _now(self) -> datetime:
        return self.workstation.now()

    def _seen(self) -> Seen | None:
        """What there is to be seen: of the present, or of the moment that is looked at."""
        return self._replay or self._present()

    def _present(self) -> Seen | None:
        run = self._run
        if run is None:
            return None
        return Seen(
            run=run,
            branches=self._branches,
            now=self._now,
            zone=self.workstation.zone,
            states=self._states,
            outline=self._outline,
            usual=self._usual,
            task=self._gantt.cursor_task,
            opened=self._gantt.opened,
            artifacts=self._artifacts,
        )

    # -- showing ----------------------------------------------------------------------------------------------------

    async def _show(self) -> None:
        """Show what was read."""
        seen = self._seen()
        if seen is None:
            return
        self.offer_keys()
        await self._foresee(seen)
        self._show_notes(seen)
        self._show_tasks(seen)
        if (pane := self._pane) is not None:
            pane.show_run(seen)

    async def _foresee(self, seen: Seen) -> None:
        """The title, with what is to be expected; that looks at every task, so it is found in a thread."""
        trunk = seen.branches.trunk
        tasks = trunk.tasks.tasks if trunk is not None else ()
        expected = await asyncio.to_thread(forecast, seen.run, tasks, seen.branches.usual, seen.usual, seen.now)
        moment = seen.now if seen.replayed else None
        parent = f"{self._caller.flow_name} › {self._caller.name}" if self._caller is not None else ""
        self.query_one(RunTitle).show(seen.run, seen.usual, seen.zone, expected, moment, parent)

    def _show_notes(self, seen: Seen) -> None:
        run, stats = seen.run, seen.run.stats
        notes = {
            "timeline": f"{count(stats.done)}/{count(stats.tasks)}" if stats.tasks else "",
            "logs": f"{stats.errors}✖" if stats.errors else "",
            "parameters": str(len(run.parameters) or ""),
            "artifacts": str(len(seen.artifacts) or ""),
        }
        tabs = [Tab(name, name.title(), note=notes.get(name, "")) for name in TABS]
        self.query_one("#tabs", TabStrip).show(tabs=tabs)

    def _show_tasks(self, seen: Seen) -> None:
        run, trunk = seen.run, self._branches.trunk
        self._gantt.show_run(seen, self._whole(), nothing(run))
        self._gantt.show_makers(seen.makers)
        logs = self.query_one(LogPane)
        if logs.display and trunk is not None:
            names = {task.id: task.name for task in trunk.tasks.tasks}
            tried = max((task.run_count for task in trunk.tasks.tasks), default=1)
            logs.tell(RunFacts(run.name, (run,), names, attempts_of(self._states), max(tried, 1)))
        self._look_back()

    def _whole(self) -> Scale:
        """The span of time of the chart: also in a replay that of the run as it is by now."""
        run = self._run
        assert run is not None
        return scale_of(run, self._now, self._usual)

    @on(Gantt.Looked)
    def _look_back(self) -> None:
        """The phases of what is on the screen are read when they are looked at."""
        if self._reader is not None and self.tab == "timeline":
            self._read_phases(self._reader)

    @work(group="phases", exclusive=True, exit_on_error=False)
    async def _read_phases(self, reader: RunReader) -> None:
        try:
            if await reader.read_histories(self._gantt.tasks_in_sight()):
                self._gantt.show_histories(reader.histories)
        except FlowtuiError as error:
            self.workstation.notify_error(error)

    @on(Gantt.Changed)
    def _other_outline(self) -> None:
        """Something was opened or ordered otherwise: read what is missing, and draw up the rows."""
        self.request_load()

    @on(Gantt.FindAsked)
    def _find_asked(self) -> None:
        self.query_one(FindLine).open()

    @on(FindLine.Changed)
    def _find_changed(self, message: FindLine.Changed) -> None:
        self._gantt.look_for(message.words)
        self.refresh_bindings()

    @on(FindLine.Left)
    def _find_left(self) -> None:
        self._gantt.focus()

    def zone_changed(self) -> None:
        self.query_one(LogPane).view.set_zone(self.workstation.zone)
        super().zone_changed()

    def tick(self) -> None:
        """A second has passed: what runs has grown."""
        run = self._run
        if run is None or self._replay is not None or not is_live(run):
            return
        self._refresh_title()
        if self.tab == "timeline":
            self._gantt.tick(self._now, self._whole())
        elif (pane := self._pane) is not None and (seen := self._seen()) is not None:
            pane.tick(seen)

    @work(group="title", exclusive=True, exit_on_error=False)
    async def _refresh_title(self) -> None:
        seen = self._seen()
        if seen is not None:
            await self._foresee(seen)
            self.query_one(RunTitle).tick()

    # -- tabs -------------------------------------------------------------------------------------------------------

    async def action_tab(self, name: str) -> None:
        """Turn on a tab."""
        await self._turn_on(name)
        self.request_load(())

    async def _turn_on(self, name: str) -> None:
        self.query_one("#tabs", TabStrip).show(name)
        panes = self.query_one("#panes")
        _place(name, self.query_one(FindLine), self._gantt, self.query_one(LogPane))
        if name not in ("timeline", "logs") and not panes.query(f"#{name}"):
            assert self._reader is not None
            pane = await make_pane(name, self._reader)
            if not self.is_attached:  # it was left meanwhile
                return
            await panes.mount(pane)
            self._panes[name] = pane  # from now on it has its parts: who loads meanwhile does not find it yet
        for tab, pane in self._panes.items():
            pane.display = tab == self.tab
        seen = self._seen()
        if (on := self._pane) is not None:
            if seen is not None:
                on.show_run(seen)
            on.main.focus()
        else:
            (self._gantt if name == "timeline" else self.query_one(LogPane).view).focus()

    async def action_next_tab(self, step: int) -> None:
        """Turn on the next tab."""
        await self.action_tab(TABS[(TABS.index(self.tab) + step) % len(TABS)])

    def on_tab_strip_chosen(self, message: TabStrip.Chosen) -> None:
        if message.strip.id == "tabs":
            message.stop()
            self.call_later(self.action_tab, message.tab)
        else:
            super().on_tab_strip_chosen(message)

    @on(VirtualTable.RowSelected, "#timeline")
    async def _task_chosen(self) -> None:
        """Enter on a task shows the log from where the task began; on a subflow, its run; on a group, what is in it."""
        task = self._gantt.cursor_task
        if task is None:
            self._gantt.action_turn()
        else:
            await self._open_task(task)

    @on(RunPane.TaskChosen)
    async def _node_chosen(self, message: RunPane.TaskChosen) -> None:
        """The same for a node of the graph."""
        task = self._branches.task(message.run_id, message.task_id)
        if task is not None:
            await self._open_task(task)

    @on(NodesPane.Turned)
    def _node_turned(self, message: NodesPane.Turned) -> None:
        self._gantt.turn(message.node_id)

    async def _open_task(self, task: TaskRun) -> None:
        if task.child_flow_run_id is not None:
            self.workstation.open_run(task.child_flow_run_id)
        elif task.flow_run_id is not None and task.flow_run_id != self.run_id:
            # A subflow has a log of its own.
            self.workstation.open_run(task.flow_run_id, "logs", task_run_id=task.id)
        else:
            await self.action_tab("logs")
            self.query_one(LogPane).seek_task(task.id)

    # -- the past -----------------------------------------------------------------------------------------------------

    @work(group="scrub", exclusive=True, exit_on_error=False)
    async def action_scrub(self) -> None:
        """Look at the run as it was at a moment."""
        reader, run, scrubber = self._reader, self._run, self.query_one(Scrubber)
        if scrubber.head is not None:
            scrubber.focus()
        if reader is None or run is None or scrubber.head is not None:
            return
        try:
            history = await reader.read_history(None)
        except FlowtuiError as error:
            self.workstation.notify_error(error)
            return
        head = Playhead.over(history.moments, run.end_time or self._now, run.start_time)
        if head is not None:
            scrubber.open(head, self.workstation.zone)

    @on(Scrubber.Moved)
    def _moved_in_time(self) -> None:
        self._rewind()

    @work(group="rewind", exclusive=True, exit_on_error=False)
    async def _rewind(self) -> None:
        """Show the moment at which the playhead is now; a newer one takes the place of one that is not shown yet."""
        head, present, reader = self.query_one(Scrubber).head, self._present(), self._reader
        if head is None or present is None or reader is None or reader.history is None:
            return
        self._replay = await asyncio.to_thread(seen_at, present, reader.history, head.moment, self._gantt.order)
        await self._show()
        await self._follow_log(head.moment)

    async def _follow_log(self, moment: datetime) -> None:
        """Put the log's cursor on the last line that had been written by then."""
        logs = self.query_one(LogPane)
        if logs.display and logs.view.line_total:
            app = self.workstation
            line = await app.call(line_at, app.client, self.run_id, logs.view.line_total, moment)
            logs.view.move_to_line(line)

    async def _catch_up_replay(self, changes: tuple[Change, ...] | None) -> None:
        """The run goes on while its past is looked at: there is more to come to."""
        scrubber, run = self.query_one(Scrubber), self._run
        if scrubber.head is not None and self._reader is not None and run is not None:
            history = await self._reader.read_history(changes)
            scrubber.grow(history.moments, run.end_time or self._now)
            self._rewind()

    @on(Scrubber.Left)
    async def _back_to_now(self) -> None:
        self._replay = None
        logs = self.query_one(LogPane)
        if logs.display and self._run is not None and not self._run.state.is_final():
            logs.view.action_follow()
        await self._turn_on(self.tab)
        await self._show()

    # -- keys -------------------------------------------------------------------------------------------------------

    def run_in_hand(self) -> FlowRun | None:
        return self._run

    def acting_on(self) -> Subjects | None:
        return None if self._run is None else (self._run,)

    def pipe_records(self) -> "Records | None":
        """What the tab that is on has to hand on: the tasks, where they are what is drawn. Lines are the log's own."""
        from flowtui.tui.run.handing_on import records_of_tasks  # noqa: PLC0415 - not before the first rows

        seen, pane = self._seen(), self._pane
        if seen is None:
            return None
        if pane is not None and not isinstance(pane, NodesPane):
            return pane.handed_on(seen)
        tasks = seen.branches.all_tasks()
        return records_of_tasks(seen.run, list(tasks)) if tasks else None

    def action_parent(self) -> None:
        """Go to the run that called this one."""
        if self._caller is not None:
            self.workstation.open_run(self._caller.id)

    def action_why(self) -> None:
        """Say what this run waits for."""
        self.workstation.open_why(self.run_id)

    def action_compare(self) -> None:
        """Say what changed since the last run that went well."""
        self.workstation.open_compare(None, self.run_id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        run = self._run
        if action == "parent":
            return self._caller is not None
        if run is not None and action == "act":
            return has_use(str(parameters[0]), run)
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Stop looking for something, then go back to where this run was opened."""
        pane, find = self.query_one(LogPane), self.query_one(FindLine)
        if self.tab == "logs" and pane.step_back():
            return
        if self._pane is not None and self._pane.step_back():
            return
        if self.query_one(Scrubber).head is not None:
            self.query_one(Scrubber).action_leave()
        elif self.tab == "timeline" and self._gantt.looks_for:
            find.action_clear()
        else:
            self.workstation.action_up()


def _place(tab: str, find: FindLine, gantt: Gantt, logs: LogPane) -> None:
    """Where these stand while a tab is on. Each carries its own classes: one of their parent's would have everything in
    all of the tabs styled anew."""
    for part in (find, gantt):
        part.set_class(tab != "timeline", "-off")
    logs.update_classes({"-off": tab not in ("timeline", "logs"), "-below": tab == "timeline"})
