"""Pools: where runs wait for workers, who serves them, and how full they are."""

from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.model import Change
from flowtui.engine.pools import WorkPool
from flowtui.tui.pool_actions import pause_or_resume, set_limit
from flowtui.tui.pool_cells import POOL_COLUMNS, pool_cells
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["POOL_CHANGES", "PoolsScreen"]

POOL_CHANGES: Final = ("work-pool", "work-queue", "worker", "flow-run")
_AGAIN: Final = 5.0
"""Seconds after which the list is read again in any case: a worker that is silent makes no news."""


class PoolsScreen(ShellScreen):
    """The list follows the store; the cursor stays on its pool."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "pause", id="pools.pause"),
        Binding("L", "limit", "limit", id="pools.limit"),
        Binding("o", "runs", "its runs", id="pools.runs"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: ItemRows[WorkPool] = self._rows_of(())

    def compose_body(self) -> Iterable[Widget]:
        yield VirtualTable(POOL_COLUMNS, empty="reading the pools …", markable=False, id="pools")

    def on_mount(self) -> None:
        self._table.focus()
        self.set_interval(_AGAIN, self._again)

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#pools", VirtualTable)

    def _rows_of(self, pools: tuple[WorkPool, ...]) -> ItemRows[WorkPool]:
        return ItemRows(pools, lambda pool: pool.id, pool_cells)

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in POOL_CHANGES for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        self._rows = self._rows_of(await app.call(app.client.list_work_pools))
        self._table.show(self._rows)

    def _again(self) -> None:
        if self.is_current:
            self.request_load()

    # -- keys -------------------------------------------------------------------------------------------------------

    def _subject(self) -> WorkPool | None:
        return self._rows.get(self._table.cursor_id)

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        from flowtui.tui.screens.pool import PoolScreen  # noqa: PLC0415 - only when it is shown

        self.app.push_screen(PoolScreen(message.row_id))

    @work(group="act", exit_on_error=False)
    async def action_pause(self) -> None:
        """Pause the pool under the cursor, or let it hand out runs again."""
        if pool := self._subject():
            await pause_or_resume(self.workstation, pool)

    @work(group="act", exit_on_error=False)
    async def action_limit(self) -> None:
        """Say how many runs of the pool under the cursor may be under way at once."""
        if pool := self._subject():
            await set_limit(self.workstation, pool)

    def action_runs(self) -> None:
        """Show the runs of the pool under the cursor."""
        if pool := self._subject():
            self.workstation.open_runs(f'pool:"{pool.name}"')
