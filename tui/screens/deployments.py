"""Deployments: what can be run, when it runs next, and how it went last."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import ScheduleError
from flowtui.engine.model import Change, Deployment, FlowRun
from flowtui.engine.query import Query
from flowtui.tui.deployment_actions import open_form, pause_or_resume, run_at_once
from flowtui.tui.deployment_cells import DEPLOYMENT_COLUMNS, DeploymentRow, deployment_cells
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.find_line import FindLine
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["DeploymentsScreen", "read_rows"]

_PAGE = 200
_RECENT = 200
"""Runs that are looked at to find the last one of each deployment; the others are asked for one by one."""
_NONE = "No deployment yet.   flowtui deploy   in a folder with a flowtui.yaml makes some."


class DeploymentsScreen(ShellScreen):
    """The list follows the store; the cursor stays on its deployment."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "run", id="deployments.run"),
        Binding("R", "form", "run with…", id="deployments.form"),
        Binding("p", "pause", "pause", id="deployments.pause"),
        Binding("S", "app.radar", "radar", id="deployments.radar"),
        Binding("slash,f", "find", "find", key_display="/", id="deployments.find"),
        Binding("o", "runs", "its runs", show=False, id="deployments.runs"),
        Binding("escape", "back", "back", show=False, id="deployments.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._all: dict[str, DeploymentRow] = {}
        self._rows: ItemRows[DeploymentRow] = self._rows_of(())

    def compose_body(self) -> Iterable[Widget]:
        yield FindLine()
        yield VirtualTable(DEPLOYMENT_COLUMNS, empty="reading the deployments …", markable=False, id="deployments")

    def on_mount(self) -> None:
        self._table.focus()
        self.set_interval(1.0, self._tick)

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#deployments", VirtualTable)

    # -- reading ----------------------------------------------------------------------------------------------------

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in ("deployment", "flow-run") for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        if changes is None or any(change.kind == "deployment" for change in changes):
            rows = await app.call(read_rows, app.client, app.now())
            self._all = {row.deployment.id: row for row in rows}
        else:
            ids = tuple({change.subject_id for change in changes if change.kind == "flow-run"})
            query = Query.of(ids=ids, until=app.now())
            page = await app.call(app.client.list_flow_runs, query, limit=len(ids))
            self._take_in(page.items)
        self._show()

    def _take_in(self, runs: tuple[FlowRun, ...]) -> None:
        """Runs that have changed: the newest of a deployment is its last one."""
        for run in runs:
            row = self._all.get(run.deployment_id or "")
            if row is not None and (row.last is None or row.last.started_or_due <= run.started_or_due):
                self._all[row.deployment.id] = replace(row, last=run)

    def _tick(self) -> None:
        """A second has passed: the next runs come nearer, and when one has come there is another next."""
        now = self.workstation.now()
        if not self.is_current:
            return
        if any(row.next is not None and row.next <= now for row in self._all.values()):
            self.request_load()
        self._table.refresh_rows(self._all)

    # -- showing ----------------------------------------------------------------------------------------------------

    def _rows_of(self, rows: tuple[DeploymentRow, ...]) -> ItemRows[DeploymentRow]:
        return ItemRows(rows, lambda row: row.deployment.id, lambda row: deployment_cells(row, self.workstation.now()))

    def _show(self) -> None:
        words = self.query_one(FindLine).words.lower().split()
        self._rows = self._rows_of(tuple(row for row in self._all.values() if _fits(row.deployment, words)))
        nothing = "No deployment has that in its name or tags.   esc shows all" if words else _NONE
        self._table.show(self._rows, empty=nothing)

    @on(FindLine.Changed)
    def _find_changed(self) -> None:
        self._show()

    @on(FindLine.Left)
    def _find_left(self) -> None:
        self._table.focus()

    # -- keys -------------------------------------------------------------------------------------------------------

    def _subject(self) -> Deployment | None:
        """The deployment under the cursor: fixed now, whatever happens to the list later."""
        row = self._rows.get(self._table.cursor_id)
        return None if row is None else row.deployment

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        from flowtui.tui.screens.deployment import DeploymentScreen  # noqa: PLC0415 - only when it is shown

        self.app.push_screen(DeploymentScreen(message.row_id))

    @work(group="run", exit_on_error=False)
    async def action_run(self) -> None:
        """Run the deployment under the cursor at once; ask for what it needs and has no default."""
        if deployment := self._subject():
            await run_at_once(self.workstation, deployment)

    def action_form(self) -> None:
        """Run the deployment under the cursor with other parameters, or at another time."""
        if deployment := self._subject():
            open_form(self.workstation, deployment)

    @work(group="act", exit_on_error=False)
    async def action_pause(self) -> None:
        """Pause the schedules of the deployment under the cursor, or let them go on."""
        if deployment := self._subject():
            await pause_or_resume(self.workstation, deployment)

    def action_runs(self) -> None:
        """Show the runs of the deployment under the cursor."""
        if deployment := self._subject():
            self.workstation.open_runs(f'deployment:"{deployment.full_name}"')

    def action_find(self) -> None:
        """Look for a name or a tag."""
        self.query_one(FindLine).open()

    def action_back(self) -> None:
        """Show all again, or go up."""
        if self.query_one(FindLine).words:
            self.query_one(FindLine).action_clear()
        else:
            self.workstation.action_up()


def _fits(deployment: Deployment, words: list[str]) -> bool:
    text = f"{deployment.full_name} {' '.join(deployment.tags)}".lower()
    return all(word in text for word in words)


def read_rows(client: Client, now: datetime) -> tuple[DeploymentRow, ...]:
    """All deployments, each with its next instant and its last run."""
    deployments: list[Deployment] = []
    after: str | None = None
    while True:
        page = client.list_deployments(limit=_PAGE, after=after)
        deployments.extend(page.items)
        after = page.next
        if after is None:
            break
    last: dict[str, FlowRun] = {}
    for run in client.list_flow_runs(Query.of(until=now), limit=_RECENT).items:
        last.setdefault(run.deployment_id or "", run)
    return tuple(
        DeploymentRow(
            deployment=deployment,
            next=next_of(deployment, now),
            last=last.get(deployment.id) or _last_of(client, deployment, now),
        )
        for deployment in deployments
    )


def _last_of(client: Client, deployment: Deployment, now: datetime) -> FlowRun | None:
    query = Query.of(deployment_id=deployment.id, until=now)
    return next(iter(client.list_flow_runs(query, limit=1).items), None)


def next_of(deployment: Deployment, now: datetime) -> datetime | None:
    """When the next of its schedules fires."""
    if deployment.paused:
        return None
    found: list[datetime] = []
    for schedule in deployment.schedules:
        if schedule.active:
            try:
                found.extend(schedule.schedule.next_fires(now, 1, hash_id=deployment.id))
            except ScheduleError:
                continue  # it was valid when it was saved; its words in the list are enough to see what it is
    return min(found, default=None)
