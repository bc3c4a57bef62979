"""Deployments: what can be run, when it runs next, and how it went last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.client.protocol import Client
from flowtui.engine.model import Change, Deployment, FlowRun
from flowtui.engine.query import Query
from flowtui.tui.deployment_actions import open_form, pause_or_resume, run_at_once
from flowtui.tui.deployment_cells import DeploymentRow
from flowtui.tui.deployment_list import ORDERS, READING, next_fires_of
from flowtui.tui.lists.bindings import list_bindings
from flowtui.tui.lists.rows_screen import RowsScreen
from flowtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from flowtui.tui.piping.records import Records

__all__ = ["DeploymentsScreen", "read_rows"]

_PAGE = 200
_RECENT = 200
"""Runs that are looked at to find the last one of each deployment; the others are asked for one by one."""
_FIRES = 2
"""So many of its next instants each row knows."""
_MOST_FIRES = 50
"""Rows whose next instant is reckoned in one second; the others have theirs in the next."""
_SERVED_AGAIN = 5.0
_NONE = "No deployment yet.   flowtui deploy   in a folder with a flowtui.yaml makes some."


class DeploymentsScreen(RowsScreen[DeploymentRow]):
    """The list follows the store; the cursor stays on its deployment."""

    LIST = "deployments"
    PACE = 0.2
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "run", id="deployments.run"),
        Binding("R", "form", "run with…", id="deployments.form"),
        Binding("p", "pause", "pause", id="deployments.pause"),
        Binding("S", "app.radar", "radar", id="deployments.radar"),
        Binding("L", "runs", "its runs", show=False, id="deployments.runs"),
        *list_bindings("deployments"),
    ]

    def __init__(self) -> None:
        self._all: dict[str, DeploymentRow] | None = None
        super().__init__(READING, ORDERS)

    def compose_body(self) -> Iterable[Widget]:
        yield from self.compose_filter()
        yield VirtualTable((), empty="reading the deployments …", id="deployments")

    def on_mount(self) -> None:
        self.set_interval(_SERVED_AGAIN, self._look_who_serves)

    @property
    def table(self) -> VirtualTable:
        return self.query_one("#deployments", VirtualTable)

    def all_rows(self) -> Sequence[DeploymentRow] | None:
        return None if self._all is None else tuple(self._all.values())

    def row_id(self, row: DeploymentRow) -> str:
        return row.deployment.id

    def nothing(self) -> str:
        return _NONE

    def records_of(self, rows: Sequence[DeploymentRow]) -> "Records":
        from flowtui.tui.piping.list_records import records_of_deployments  # noqa: PLC0415 - only when they are handed on

        return records_of_deployments(rows)

    # -- reading ----------------------------------------------------------------------------------------------------

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in ("deployment", "flow-run") for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        await self.adopt()
        if self._all is None or changes is None or any(change.kind == "deployment" for change in changes):
            rows = await app.call(read_rows, app.client, app.now())
            self._all = {row.deployment.id: row for row in rows}
            self.show_rows()
            return
        ids = tuple({change.subject_id for change in changes if change.kind == "flow-run"})
        query = Query.of(ids=ids, until=app.now())
        page = await app.call(app.client.list_flow_runs, query, limit=len(ids))
        if changed := self._take_in(page.items, self._all):
            self.show_rows(changed)

    def _take_in(self, runs: tuple[FlowRun, ...], known: dict[str, DeploymentRow]) -> set[str]:
        """Runs that have changed: the newest of a deployment is its last one. Answers whose row looks different."""
        changed: set[str] = set()
        for run in runs:
            row = known.get(run.deployment_id or "")
            if row is not None and (row.last is None or row.last.started_or_due <= run.started_or_due):
                known[row.deployment.id] = replace(row, last=run)
                changed.add(row.deployment.id)
        return changed

    def tick(self) -> None:
        """A second has passed: the next runs come nearer, and when one has come there is another next. Only that one
        is reckoned, so a schedule that fires each second costs no more than the others."""
        now = self.workstation.now()
        if self._all is None:
            return
        passed = [row for row in self._all.values() if row.next is not None and row.next <= now]
        for row in passed[:_MOST_FIRES]:
            fires = next_fires_of(row.deployment, now, _FIRES)
            self._all[row.deployment.id] = replace(row, fires=fires)
        if passed:
            self.show_rows({row.deployment.id for row in passed})
        super().tick()

    @work(group="serving", exclusive=True, exit_on_error=False)
    async def _look_who_serves(self) -> None:
        """Workers come and go without a change to any deployment."""
        app = self.workstation
        if not self.is_current or not app.is_open:
            return
        workers = await app.call(_workers_of, app.client)
        changed, known = set(), self._all or {}
        for row in tuple(known.values()):
            number = _number(workers, row.deployment)
            if number != row.workers:
                known[row.deployment.id] = replace(row, workers=number)
                changed.add(row.deployment.id)
        if changed:
            self.show_rows(changed)

    # -- keys -------------------------------------------------------------------------------------------------------

    def _subject(self) -> Deployment | None:
        row = self.under_cursor()
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
        """Pause the schedules of the marked deployments, else of the one under the cursor, or let them go on."""
        rows = self.meant()
        paused = any(not row.deployment.paused for row in rows)  # of several, all come to be the same
        for row in rows:
            if row.deployment.paused is not paused:
                await pause_or_resume(self.workstation, row.deployment)
        if len(rows) > 1:
            self.table.clear_marks()

    def action_runs(self) -> None:
        """Show the runs of the deployment under the cursor."""
        if deployment := self._subject():
            self.workstation.open_runs(f'deployment:"{deployment.full_name}"')


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
    workers = _workers_of(client)
    return tuple(
        DeploymentRow(
            deployment=deployment,
            fires=next_fires_of(deployment, now, _FIRES),
            last=last.get(deployment.id) or _last_of(client, deployment, now),
            workers=_number(workers, deployment),
        )
        for deployment in deployments
    )


def _workers_of(client: Client) -> dict[str, int]:
    """How many workers of each pool are online."""
    return {pool.name: pool.workers for pool in client.list_work_pools()}


def _number(workers: Mapping[str, int], deployment: Deployment) -> int | None:
    pool = deployment.work_pool_name
    return None if pool is None else workers.get(pool, 0)


def _last_of(client: Client, deployment: Deployment, now: datetime) -> FlowRun | None:
    query = Query.of(deployment_id=deployment.id, until=now)
    return next(iter(client.list_flow_runs(query, limit=1).items), None)
