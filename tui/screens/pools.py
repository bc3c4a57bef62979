"""Pools: where runs wait for workers, who serves them, and how full they are."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.model import Change
from flowtui.engine.pools import WorkPool
from flowtui.tui.lists.bindings import list_bindings
from flowtui.tui.lists.rows_screen import RowsScreen
from flowtui.tui.pool_actions import pause_or_resume, set_limit
from flowtui.tui.pool_list import ORDERS, READING
from flowtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from flowtui.tui.piping.records import Records

__all__ = ["POOL_CHANGES", "PoolsScreen"]

POOL_CHANGES: Final = ("work-pool", "work-queue", "worker", "flow-run")
_NONE: Final = "No work pool yet.   flowtui work-pool create   makes one."
_AGAIN: Final = 5.0
"""Seconds after which the list is read again in any case: a worker that is silent makes no news."""


class PoolsScreen(RowsScreen[WorkPool]):
    """The list follows the store; the cursor stays on its pool."""

    LIST = "pools"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "pause", id="pools.pause"),
        Binding("L", "limit", "limit", id="pools.limit"),
        Binding("o", "runs", "its runs", id="pools.runs"),
        *list_bindings("pools", marks=False, sort="O"),
    ]

    def __init__(self) -> None:
        self._all: tuple[WorkPool, ...] | None = None
        super().__init__(READING, ORDERS)

    def compose_body(self) -> Iterable[Widget]:
        yield from self.compose_filter()
        yield VirtualTable((), empty="reading the pools …", markable=False, id="pools")

    def on_mount(self) -> None:
        self.set_interval(_AGAIN, self._again)

    @property
    def table(self) -> VirtualTable:
        return self.query_one("#pools", VirtualTable)

    def all_rows(self) -> Sequence[WorkPool] | None:
        return self._all

    def row_id(self, row: WorkPool) -> str:
        return row.id

    def nothing(self) -> str:
        return _NONE

    def records_of(self, rows: Sequence[WorkPool]) -> "Records":
        from flowtui.tui.piping.list_records import records_of_pools  # noqa: PLC0415 - only when they are handed on

        return records_of_pools(rows)

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in POOL_CHANGES for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        await self.adopt()
        self._all = tuple(await app.call(app.client.list_work_pools))
        self.show_rows()

    def _again(self) -> None:
        if self.is_current:
            self.request_load()

    # -- keys -------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        from flowtui.tui.screens.pool import PoolScreen  # noqa: PLC0415 - only when it is shown

        self.app.push_screen(PoolScreen(message.row_id))

    @work(group="act", exit_on_error=False)
    async def action_pause(self) -> None:
        """Pause the pool under the cursor, or let it hand out runs again."""
        if pool := self.under_cursor():
            await pause_or_resume(self.workstation, pool)

    @work(group="act", exit_on_error=False)
    async def action_limit(self) -> None:
        """Say how many runs of the pool under the cursor may be under way at once."""
        if pool := self.under_cursor():
            await set_limit(self.workstation, pool)

    def action_runs(self) -> None:
        """Show the runs of the pool under the cursor."""
        if pool := self.under_cursor():
            self.workstation.open_runs(f'pool:"{pool.name}"')
