"""One deployment: what it runs, with which parameters, when, and how it went."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from flowtui.engine.errors import NotFound, ScheduleError
from flowtui.engine.model import Change, Deployment, FlowRun
from flowtui.engine.query import Query
from flowtui.tui.acting.keys import ActsOnRuns, acting_bindings
from flowtui.tui.acting.target import Subjects
from flowtui.tui.deployment_actions import open_form, pause_or_resume, run_at_once, switch_schedule
from flowtui.tui.deployment_cells import FIRES, RECENT_COLUMNS, facts_of, recent_cells
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.heading import Heading
from flowtui.tui.widgets.paint import Spans
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.title import Title
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["DeploymentScreen"]

_RECENT = 50
_LINE = (Column("", 20, share=1),)


class DeploymentScreen(ActsOnRuns, ShellScreen):
    """Follows one deployment, and its runs."""

    AUTO_FOCUS = "#recent"
    DEFAULT_CSS = """
    DeploymentScreen #parts { height: 1fr; }
    DeploymentScreen #facts { width: 1fr; }
    DeploymentScreen #recent-box { width: 1fr; max-width: 76; }
    DeploymentScreen.-narrow #parts, DeploymentScreen.-normal #parts { layout: vertical; }
    DeploymentScreen.-narrow #facts, DeploymentScreen.-normal #facts { width: 100%; height: 1fr; }
    DeploymentScreen.-narrow #recent-box, DeploymentScreen.-normal #recent-box {
        width: 100%; max-width: 100%; height: 40%; border-top: solid $rule;
    }
    DeploymentScreen.-short #recent-box { height: 5; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "run", id="deployment.run"),
        Binding("R", "form", "run with…", id="deployment.form"),
        Binding("p", "pause", "pause", id="deployment.pause"),
        Binding("S", "schedule", "schedule", show=False, id="deployment.schedule"),
        *acting_bindings("deployment"),
        Binding("escape", "app.up", "back", id="deployment.back"),
    ]

    def __init__(self, deployment_id: str) -> None:
        super().__init__()
        self.deployment_id = deployment_id
        self._deployment: Deployment | None = None
        self._fires: Mapping[str, Sequence[datetime]] = {}
        self._runs: ItemRows[FlowRun] = self._rows_of(())
        self._gone = False

    def compose_body(self) -> Iterable[Widget]:
        yield Title()
        with Horizontal(id="parts"):
            yield VirtualTable(_LINE, header=False, markable=False, quiet=True, empty="…", id="facts")
            with Vertical(id="recent-box"):
                yield Heading("Recent runs")
                yield VirtualTable(RECENT_COLUMNS, markable=False, quiet=True, empty="…", id="recent")

    def _table(self, name: str) -> VirtualTable:
        return self.query_one(f"#{name}", VirtualTable)

    def _rows_of(self, runs: tuple[FlowRun, ...]) -> ItemRows[FlowRun]:
        def cells(run: FlowRun) -> Sequence[object]:
            app = self.workstation
            return recent_cells(run, app.now(), app.zone)

        return ItemRows(runs, lambda run: run.id, cells)  # type: ignore[arg-type]

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in ("deployment", "flow-run") for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        if self._gone:
            return
        if changes is None or any(change.subject_id == self.deployment_id for change in changes):
            try:
                deployment = await app.call(app.client.read_deployment, self.deployment_id)
            except NotFound:
                self._gone = True
                raise
            self._fires = await app.call(_fires_of, deployment, app.now())
            self._deployment = deployment
            if self.is_attached:
                self._show_facts(deployment)
        query = Query.of(deployment_id=self.deployment_id, until=app.now())
        page = await app.call(app.client.list_flow_runs, query, limit=_RECENT)
        if not self.is_attached:
            return  # it was closed meanwhile
        self._runs = self._rows_of(page.items)
        self._table("recent").show(self._runs, empty="It has not run yet.")

    def _show_facts(self, deployment: Deployment) -> None:
        app = self.workstation
        paused = [("   ⏸ paused", "paused")] if deployment.paused else []
        self.query_one(Title).show(
            [
                ("Deployments › ", "muted"),
                (f"{deployment.flow_name}/", "muted"),
                (deployment.name, "bold strong"),
                *paused,
            ]
        )
        lines = list(enumerate(facts_of(deployment, self._fires, app.now(), app.zone)))
        table = self._table("facts")
        if not isinstance(table.rows, ItemRows) or table.rows.items != lines:  # they change with the time, but seldom
            rows: ItemRows[tuple[int, Spans]] = ItemRows(lines, lambda pair: str(pair[0]), lambda pair: [pair[1]])
            table.show(rows)

    def tick(self) -> None:
        now = self.workstation.now()
        if self._deployment is None:
            return
        if any(fires and fires[0] <= now for fires in self._fires.values()):
            self.request_load()
        self._show_facts(self._deployment)
        self._table("recent").beat()

    # -- keys -------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowSelected, "#recent")
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        self.workstation.open_run(message.row_id)

    def acting_on(self) -> Subjects | None:
        run = self._runs.get(self._table("recent").cursor_id)
        return None if run is None else (run,)

    @work(group="run", exit_on_error=False)
    async def action_run(self) -> None:
        """Run it at once."""
        if self._deployment is not None:
            await run_at_once(self.workstation, self._deployment)

    def action_form(self) -> None:
        """Run it with other parameters, or at another time."""
        if self._deployment is not None:
            open_form(self.workstation, self._deployment)

    @work(group="act", exit_on_error=False)
    async def action_schedule(self) -> None:
        """Turn one of its schedules off, or on again."""
        if self._deployment is not None:
            await switch_schedule(self.workstation, self._deployment)

    @work(group="act", exit_on_error=False)
    async def action_pause(self) -> None:
        """Pause its schedules, or let them go on."""
        if self._deployment is not None:
            await pause_or_resume(self.workstation, self._deployment)


def _fires_of(deployment: Deployment, now: datetime) -> dict[str, tuple[datetime, ...]]:
    """The next instants of each schedule, by its id."""
    found: dict[str, tuple[datetime, ...]] = {}
    for schedule in deployment.schedules:
        try:
            found[schedule.id] = tuple(schedule.schedule.next_fires(now, FIRES, hash_id=deployment.id))
        except ScheduleError:
            found[schedule.id] = ()
    return found
