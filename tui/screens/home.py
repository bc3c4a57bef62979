"""Home: the last day at a glance, what needs a person, what comes next, and what runs now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from flowtui.engine.client.protocol import Client
from flowtui.engine.model import Change, FlowRun, HourTally
from flowtui.engine.query import Query
from flowtui.engine.states import TERMINAL, StateType
from flowtui.tui.home_cells import (
    LATEST_COLUMNS,
    NEEDS_COLUMNS,
    NEXT_COLUMNS,
    RUNNING_COLUMNS,
    latest_cells,
    needs_cells,
    next_cells,
    running_cells,
)
from flowtui.tui.run_cells import is_live
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.timeline import usual
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.day_chart import DayChart
from flowtui.tui.widgets.heading import Heading
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["HomeScreen"]

_DAY = timedelta(hours=24)
_RECENT = timedelta(hours=24)
_MOST = 50
_LATEST = 30
_NO_RUNS = "No run has ended yet.\n4 shows the deployments; r there starts a run."
_USUAL_FOR = 60.0
"""Seconds for which a flow's usual duration is believed."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What Home shows."""

    tallies: tuple[HourTally, ...]
    needs: tuple[FlowRun, ...]
    next: tuple[FlowRun, ...]
    running: tuple[FlowRun, ...]
    latest: tuple[FlowRun, ...]


class HomeScreen(ShellScreen):
    """Three short lists below a chart of the day."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "app.focus_next", "next list", show=False),
        Binding("left", "app.focus_previous", "previous list", show=False),
        Binding("w", "why", "why", id="home.why"),
        Binding("l", "open('logs')", "logs", id="home.logs"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._usual: dict[str, timedelta | None] = {}

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        yield DayChart(app.now, app.zone)
        with Horizontal(id="lists"):
            with Vertical(id="left"):
                yield from self._list("needs", "Needs you", NEEDS_COLUMNS)
                yield from self._list("latest", "Latest", LATEST_COLUMNS)
            with Vertical(id="right"):
                yield from self._list("running", "Running", RUNNING_COLUMNS)
                yield from self._list("next", "Next", NEXT_COLUMNS)

    def _list(self, name: str, title: str, columns: Sequence[Column]) -> Iterable[Widget]:
        """A heading and a table, in a box that is placed as one."""
        with Vertical(id=f"{name}-box"):
            yield Heading(title, id=f"{name}-title")
            yield VirtualTable(columns, header=False, markable=False, quiet=True, empty="…", id=name)

    def on_mount(self) -> None:
        self._table("needs").focus()
        self.set_interval(1.0, self._tick)

    def _table(self, name: str) -> VirtualTable:
        return self.query_one(f"#{name}", VirtualTable)

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in ("flow-run", "task-run") for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        only_tasks = changes is not None and all(change.kind == "task-run" for change in changes)
        if only_tasks:
            running = await app.call(_running, app.client)
            self._show_running(running)
            return
        page = await app.call(read_home, app.client, app.now())
        for run in page.running:
            if run.flow_name not in self._usual:
                self._usual[run.flow_name] = usual(await app.call(app.client.usual_seconds, run.flow_name))
        self.query_one(DayChart).show(page.tallies, app.zone)
        self._show_needs(page.needs)
        self._show_next(page.next)
        self._show_running(page.running)
        self._show_latest(page.latest)

    def _show_needs(self, runs: tuple[FlowRun, ...]) -> None:
        app = self.workstation
        newest: dict[tuple[str, str], FlowRun] = {}
        times: dict[tuple[str, str], int] = {}
        for run in runs:
            key = (run.flow_name, run.state.name) if run.state.is_final() else (run.id, "")
            newest.setdefault(key, run)
            times[key] = times.get(key, 0) + 1
        often = {run.id: times[key] for key, run in newest.items()}
        rows = ItemRows(
            tuple(newest.values()), lambda run: run.id, lambda run: needs_cells(run, often[run.id], app.now())
        )
        self._table("needs").show(rows, empty="Nothing. All is well.")
        self.query_one("#needs-title", Heading).show(
            "Needs you", str(len(rows) or ""), "late" if len(rows) else "muted"
        )

    def _show_next(self, runs: tuple[FlowRun, ...]) -> None:
        app = self.workstation
        rows = ItemRows(runs, lambda run: run.id, lambda run: next_cells(run, app.now(), app.zone))
        self._table("next").show(rows, empty="Nothing is scheduled.")

    def _show_latest(self, runs: tuple[FlowRun, ...]) -> None:
        app = self.workstation
        rows = ItemRows(runs, lambda run: run.id, lambda run: latest_cells(run, app.now()))
        self._table("latest").show(rows, empty=_NO_RUNS)

    def _show_running(self, runs: tuple[FlowRun, ...]) -> None:
        app = self.workstation
        rows = ItemRows(
            runs, lambda run: run.id, lambda run: running_cells(run, self._usual.get(run.flow_name), app.now())
        )
        self._table("running").show(rows, empty="Nothing runs.")
        self.query_one("#running-title", Heading).show(
            "Running", str(len(rows) or ""), "running" if len(rows) else "muted"
        )

    def zone_changed(self) -> None:
        super().zone_changed()
        self.query_one(DayChart).refresh()

    def _tick(self) -> None:
        """A second has passed: durations and distances have changed."""
        if not self.is_current:
            return
        for name in ("needs", "latest", "running", "next"):
            table = self._table(name)
            rows = table.rows
            if isinstance(rows, ItemRows):
                table.refresh_rows(run.id for run in rows.items if name != "running" or is_live(run))

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        self.workstation.open_run(message.row_id)

    def action_open(self, tab: str) -> None:
        """Open the run under the cursor of the list that has the keyboard."""
        if isinstance(self.focused, VirtualTable) and self.focused.cursor_id is not None:
            self.workstation.open_run(self.focused.cursor_id, tab)

    def action_why(self) -> None:
        """Say what the run under the cursor waits for."""
        if isinstance(self.focused, VirtualTable) and self.focused.cursor_id is not None:
            self.workstation.open_why(self.focused.cursor_id)


def read_home(client: Client, now: datetime) -> _Page:
    """What Home shows, in a handful of queries."""
    ended = (StateType.FAILED, StateType.CRASHED)
    bad = client.list_flow_runs(Query.of(states=ended, since=now - _RECENT), limit=_MOST).items
    waiting = client.list_flow_runs(Query.of(states=(StateType.PAUSED,)), limit=_MOST).items
    late = client.list_flow_runs(Query.of(states=(StateType.SCHEDULED,), state_names=("Late",)), limit=_MOST).items
    return _Page(
        client.run_tallies(now - _DAY + timedelta(hours=1)),
        tuple(sorted([*waiting, *late, *_unsettled(client, bad)], key=lambda run: run.started_or_due, reverse=True)),
        _soonest(client, now),
        _running(client),
        client.list_flow_runs(Query.of(states=TERMINAL), limit=_LATEST).items,
    )


def _unsettled(client: Client, bad: Iterable[FlowRun]) -> list[FlowRun]:
    """Runs that ended badly, unless their flow has completed since: then nobody needs to look."""
    newest_good: dict[str, FlowRun | None] = {}
    kept = []
    for run in bad:
        if run.flow_name not in newest_good:
            query = Query.of(flow_name=run.flow_name, states=(StateType.COMPLETED,))
            page = client.list_flow_runs(query, limit=1).items
            newest_good[run.flow_name] = page[0] if page else None
        good = newest_good[run.flow_name]
        if good is None or good.started_or_due < run.started_or_due:
            kept.append(run)
    return kept


def _soonest(client: Client, now: datetime) -> tuple[FlowRun, ...]:
    """The next run of each deployment, soonest first.

    Lists come newest first, so the near ones are asked for apart: a deployment that is due each minute must not hide
    them, nor be hidden.
    """
    due = Query.of(states=(StateType.SCHEDULED,), since=now)
    near = client.list_flow_runs(due & Query.of(until=now + timedelta(hours=1)), limit=200).items
    far = client.list_flow_runs(due, limit=500).items
    soonest: dict[str, FlowRun] = {}
    for run in sorted({run.id: run for run in (*far, *near)}.values(), key=lambda run: run.started_or_due):
        soonest.setdefault(run.deployment_id or run.id, run)
    return tuple(soonest.values())[:_MOST]


def _running(client: Client) -> tuple[FlowRun, ...]:
    """What runs now, or is about to."""
    kinds = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)
    return client.list_flow_runs(Query.of(states=kinds), limit=_MOST).items
