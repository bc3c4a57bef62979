"""Home: the last day at a glance, what needs a person, what comes next, and what runs now."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus
from textual.widget import Widget

from flowtui.tui.acting.keys import ActsOnRuns, acting_bindings
from flowtui.tui.home.figures import figures_of
from flowtui.tui.home.window import DAY, LATEST, WEEK, Window
from flowtui.tui.home_cells import (
    LATEST_COLUMNS,
    NEEDS_COLUMNS,
    NEXT_COLUMNS,
    NOBODY,
    RUNNING_COLUMNS,
    Need,
    latest_cells,
    needs_cells,
    next_cells,
    running_cells,
)
from flowtui.tui.run_cells import is_live
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.timeline import usual
from flowtui.tui.widgets.day_chart import DayChart
from flowtui.tui.widgets.duration_chart import DurationChart
from flowtui.tui.widgets.figure_line import FigureLine
from flowtui.tui.widgets.heading import Heading
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from flowtui.engine.model import Change, FlowRun
    from flowtui.engine.overviews import DurationSample
    from flowtui.tui.acting.target import Subjects
    from flowtui.tui.home.reading import HomePage
    from flowtui.tui.status import Status
    from flowtui.tui.widgets.columns import Column

__all__ = ["HomeScreen"]

_NO_RUNS = "No run has ended yet.\n4 shows the deployments; r there starts a run."
_SAMPLE_FOR = 5.0
"""Seconds for which the durations are shown before they are read again."""


class HomeScreen(ActsOnRuns, ShellScreen):
    """Figures and charts that are filters, above lists whose keys act right there."""

    AUTO_FOCUS = "#needs"
    PACE = 0.2
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "app.focus_next", "next list", show=False),
        Binding("left", "app.focus_previous", "previous list", show=False),
        *acting_bindings("home", "retry", "cancel"),
        Binding("w", "why", "why", id="home.why"),
        Binding("o", "source", "open source", show=False, id="home.source"),
        Binding("l", "open('logs')", "logs", id="home.logs"),
        Binding("d", "window", "24 h or 7 d", id="home.window"),
        Binding("b", "charts", "durations", id="home.charts"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._window = DAY
        self._tables: list[VirtualTable] = []
        self._usual: dict[str, timedelta | None] = {}
        self._page: HomePage | None = None
        self._looked = False
        """The latest runs are shown already, whatever else is not."""
        self._has_run = False
        self._sample: tuple[Window, float, DurationSample | None] | None = None

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        yield FigureLine(_title(self._window), id="figures")
        with Horizontal(id="charts"):
            yield DayChart(app.now, app.zone, id="bars")
            yield DurationChart(app.now, app.zone, id="durations")
        with Horizontal(id="lists"):
            with Vertical(id="left"):
                yield from self._list("needs", "Needs you", NEEDS_COLUMNS)
                yield from self._list("latest", "Latest", LATEST_COLUMNS)
            with Vertical(id="right"):
                yield from self._list("running", "Running", RUNNING_COLUMNS)
                yield from self._list("next", "Next", NEXT_COLUMNS)

    def _list(self, name: str, title: str, columns: Sequence["Column"]) -> Iterable[Widget]:
        """A heading and a table, in a box that is placed as one."""
        with Vertical(id=f"{name}-box"):
            yield Heading(title, id=f"{name}-title")
            self._tables.append(
                VirtualTable(columns, header=False, markable=False, quiet=True, empty="…", id=name),
            )
            yield self._tables[-1]

    def _table(self, name: str) -> VirtualTable:
        return self.query_one(f"#{name}", VirtualTable)

    # -- reading ----------------------------------------------------------------------------------------------------

    def wants(self, changes: tuple["Change", ...]) -> bool:
        return any(change.kind in ("flow-run", "task-run") for change in changes)

    async def load(self, changes: tuple["Change", ...] | None) -> None:
        app = self.workstation
        from flowtui.tui.home.reading import read_home, read_latest  # noqa: PLC0415 - 40 ms that the first frame saves

        if self._page is None and not self._looked:  # a tenth of all, and shown while the rest is read
            await self._show_first(await app.call(read_latest, app.client))
        page = await app.call(read_home, app.client, app.now(), self._window)
        for run in page.running:
            if run.flow_name not in self._usual:
                self._usual[run.flow_name] = usual(await app.call(app.client.usual_seconds, run.flow_name))
        self._page = page
        self._show(page)
        if self._sample_is_old():
            self.call_after_refresh(self._read_sample)  # what was read is drawn before more is

    async def look_first(self, read: Callable[[int], Sequence["FlowRun"]]) -> None:
        await self._show_first(await self.workstation.call(read, LATEST))

    async def _show_first(self, runs: Sequence["FlowRun"]) -> None:
        """Show the latest runs, and return when they are painted."""
        if self._page is not None or not runs or not self.is_attached:
            return
        self._looked = True
        self._show_latest(runs)
        painted = asyncio.Event()
        self.call_after_refresh(painted.set)
        await painted.wait()

    def _sample_is_old(self) -> bool:
        if self._sample is None or self._sample[0] is not self._window:
            return True
        return time.monotonic() - self._sample[1] >= _SAMPLE_FOR

    @work(group="sample", exclusive=True, exit_on_error=False)
    async def _read_sample(self) -> None:
        """How long runs took: thousands of rows, so not at each change."""
        app, window = self.workstation, self._window
        now = app.now()
        self._sample = (window, time.monotonic(), self._sample[2] if self._sample else None)
        sample = await app.call(app.client.duration_sample, window.start(now), window.end(now))
        if self.is_attached and window is self._window:
            self._sample = (window, time.monotonic(), sample)
            self.query_one(DurationChart).show(sample, window, app.zone)
            self._show_figures()

    # -- showing ----------------------------------------------------------------------------------------------------

    def _show(self, page: "HomePage") -> None:
        app = self.workstation
        self.query_one(DayChart).show(page.tallies, self._window, app.zone)
        self._show_figures()
        self._show_needs()
        self._show_next(page.next)
        self._show_running(page.running)
        self._show_latest(page.latest)
        self.offer_keys()

    def _show_figures(self) -> None:
        page, app = self._page, self.workstation
        sample = self._sample[2] if self._sample is not None and self._sample[0] is self._window else None
        figures = figures_of(page.tallies if page is not None else None, sample, self._window, app.now())
        self.query_one(FigureLine).show(_title(self._window), figures)

    def show_status(self, status: "Status") -> None:
        super().show_status(status)
        if self._page is not None and self.is_attached:
            self._show_needs()

    def _show_needs(self) -> None:
        app = self.workstation
        needs = needs_of(self._page.needs if self._page is not None else ())
        if app.status.link == "live" and app.status.backends == () and not app.status.starting:
            needs = (NOBODY, *needs)
        table = self._table("needs")
        if isinstance(table.rows, ItemRows) and tuple(table.rows.items) == needs and needs:
            return
        table.show(
            ItemRows(needs, lambda need: need.id, lambda need: needs_cells(need, app.now())),
            empty="Nothing. All is well.",
        )
        self.query_one("#needs-title", Heading).show("Needs you", str(len(needs) or ""), "late" if needs else "muted")

    def _show_next(self, runs: tuple["FlowRun", ...]) -> None:
        app = self.workstation
        flows = Counter(run.flow_name for run in runs)

        def cells(run: "FlowRun") -> list[Cell]:
            several = flows[run.flow_name] > 1 and run.deployment_name is not None
            return next_cells(run, app.now(), app.zone, one_of_several=several)

        rows = ItemRows(runs, lambda run: run.id, cells)
        self._table("next").show(rows, empty="Nothing is scheduled.")

    def _show_latest(self, runs: Sequence["FlowRun"]) -> None:
        app = self.workstation
        rows = ItemRows(runs, lambda run: run.id, lambda run: latest_cells(run, app.now()))
        self._table("latest").show(rows, empty=_NO_RUNS)

    def _show_running(self, runs: tuple["FlowRun", ...]) -> None:
        app = self.workstation
        rows = ItemRows(
            runs,
            lambda run: run.id,
            lambda run: running_cells(run, self._usual.get(run.flow_name), app.now()),
            lambda run: app.now() if is_live(run) else None,
        )
        self._table("running").show(rows, empty="Nothing runs.")
        self.query_one("#running-title", Heading).show(
            "Running", str(len(rows) or ""), "running" if len(rows) else "muted"
        )

    def zone_changed(self) -> None:
        super().zone_changed()
        self._sample = None

    def tick(self) -> None:
        """A second has passed: durations and distances have changed."""
        for table in self._tables:
            table.beat()

    # -- keys -------------------------------------------------------------------------------------------------------

    @on(FigureLine.Chosen)
    @on(DayChart.Chosen)
    @on(DurationChart.Chosen)
    def _filtered(self, message: FigureLine.Chosen | DayChart.Chosen | DurationChart.Chosen) -> None:
        self.workstation.open_runs(message.query)

    @on(DurationChart.RunChosen)
    def _dot_chosen(self, message: DurationChart.RunChosen) -> None:
        self.workstation.open_run(message.run_id)

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        run = self._subject()
        if message.row_id == NOBODY.id:
            self.workstation.action_start_backend()
        elif run is not None and run.id == message.row_id and _asks(run):
            self.workstation.act("resume", (run,))
        else:
            self.workstation.open_run(message.row_id)

    def _subject(self) -> "FlowRun | None":
        """The run under the cursor of the list that has the keyboard: fixed now, whatever happens to the list later."""
        table = self.focused
        if not isinstance(table, VirtualTable) or not isinstance(table.rows, ItemRows):
            return None
        found = table.rows.get(table.cursor_id)
        return found.run if isinstance(found, Need) else found

    @on(VirtualTable.RowHighlighted)
    @on(DescendantFocus)
    def _hand_changed(self) -> None:
        self.offer_keys()
        if self._has_run != (has_run := self._subject() is not None):
            self._has_run = has_run
            self.refresh_bindings()

    def run_in_hand(self) -> "FlowRun | None":
        return self._subject()

    def action_open(self, tab: str) -> None:
        """Open the run under the cursor of the list that has the keyboard."""
        if run := self._subject():
            self.workstation.open_run(run.id, tab)

    def action_why(self) -> None:
        """Say what the run under the cursor waits for."""
        if run := self._subject():
            self.workstation.open_why(run.id)

    @work(group="source", exclusive=True, exit_on_error=False)
    async def action_source(self) -> None:
        """Open the code at which the run under the cursor failed, in the editor."""
        if run := self._subject():
            from flowtui.tui.home.failing import open_failing_code  # noqa: PLC0415 - only when it is wanted

            await open_failing_code(self.workstation, run)

    def acting_on(self) -> "Subjects | None":
        run = self._subject()
        return None if run is None else (run,)

    def action_window(self) -> None:
        """Look back on seven days, or on the last day again."""
        self._window = WEEK if self._window is DAY else DAY
        self.request_load()

    def action_charts(self) -> None:
        """Where only one of them has room: show the durations, or the bars again."""
        self.toggle_class("-durations")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "charts":
            return not self.has_class("-wide") and not self.has_class("-short")
        if action in ("act", "act_menu", "why", "open"):
            return self._subject() is not None
        return True


def _title(window: Window) -> str:
    return f"Last {window.name}"


def _asks(run: "FlowRun") -> bool:
    """Whether it waits for what somebody types in: then enter opens that form."""
    return run.state.is_paused() and bool(run.state.details.get("run_input_keyset"))


def needs_of(runs: Iterable["FlowRun"]) -> tuple[Need, ...]:
    """One for each run that waits for somebody, and one for each flow and way of having failed or being late."""
    newest: dict[tuple[str, str], FlowRun] = {}
    times: dict[tuple[str, str], int] = {}
    for run in runs:
        alike = run.state.is_final() or run.state.name == "Late"
        key = (run.flow_name, run.state.name) if alike else (run.id, "")
        newest.setdefault(key, run)
        times[key] = times.get(key, 0) + 1
    return tuple(Need(id=run.id, run=run, times=times[key]) for key, run in newest.items())
