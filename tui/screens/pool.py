"""One work pool: its queues, its workers, and the runs that are under way or wait, each with why it does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widget import Widget

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError, NotFound
from flowtui.engine.model import Change, FlowRun
from flowtui.engine.pools import WorkerRecord, WorkPool, WorkQueue
from flowtui.tui.acting.keys import ActsOnRuns, acting_bindings
from flowtui.tui.acting.target import Subjects
from flowtui.tui.pool_actions import pause_or_resume, set_limit
from flowtui.tui.pool_cells import (
    POOL_RUN_COLUMNS,
    QUEUE_COLUMNS,
    WORKER_COLUMNS,
    pool_run_cells,
    pool_title,
    queue_cells,
    worker_cells,
)
from flowtui.tui.screens.pools import POOL_CHANGES
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.heading import Heading
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.title import Title
from flowtui.tui.widgets.virtual_table import VirtualTable
from flowtui.tui.widgets.why_view import WhyView

__all__ = ["PoolScreen"]

_RUNS: Final = 100
_AHEAD: Final = timedelta(hours=1)
"""Runs that are due later are not shown."""
_SETTLE: Final = 0.08
"""Seconds that the cursor must rest before it is asked why: holding a key down asks nothing."""
_AGAIN: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Page:
    pool: WorkPool
    queues: tuple[WorkQueue, ...]
    workers: tuple[WorkerRecord, ...]
    runs: tuple[FlowRun, ...]


class PoolScreen(ActsOnRuns, ShellScreen):
    """Follows one pool. The cursor among its runs chooses the one that is explained."""

    AUTO_FOCUS = "#pool-runs"
    DEFAULT_CSS = """
    PoolScreen #parts { height: 1fr; }
    PoolScreen #left { width: 2fr; }
    PoolScreen #right { width: 3fr; }
    PoolScreen #queues { height: auto; min-height: 2; max-height: 40%; margin-bottom: 1; }
    PoolScreen #workers { height: 1fr; }
    PoolScreen #pool-runs { height: 1fr; }
    PoolScreen #why-box { height: auto; max-height: 50%; border-top: solid $rule; }
    PoolScreen.-narrow #parts, PoolScreen.-normal #parts { layout: vertical; }
    PoolScreen.-narrow #left, PoolScreen.-normal #left { width: 100%; height: 9; }
    PoolScreen.-narrow #right, PoolScreen.-normal #right { width: 100%; height: 1fr; }
    PoolScreen.-narrow #queues, PoolScreen.-normal #queues { margin-bottom: 0; max-height: 4; }
    PoolScreen.-narrow #why-box, PoolScreen.-normal #why-box { display: none; }
    PoolScreen.-short #left { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "why", "why", id="pool.why"),
        Binding("p", "pause", "pause", id="pool.pause"),
        Binding("L", "limit", "limit", id="pool.limit"),
        *acting_bindings("pool"),
        Binding("right", "app.focus_next", "next list", show=False),
        Binding("left", "app.focus_previous", "previous list", show=False),
        Binding("escape", "app.up", "back", id="pool.back"),
    ]

    def __init__(self, pool_id: str) -> None:
        super().__init__()
        self._pool_id = pool_id
        self._page: _Page | None = None
        self._queues: ItemRows[WorkQueue] = ItemRows((), lambda queue: queue.id, queue_cells)
        self._runs: ItemRows[FlowRun] = self._runs_of(())
        self._settle: Timer | None = None
        self._gone = False

    def compose_body(self) -> Iterable[Widget]:
        yield Title()
        with Horizontal(id="parts"):
            with Vertical(id="left"):
                yield Heading("Queues, the first one first")
                yield VirtualTable(QUEUE_COLUMNS, markable=False, quiet=True, empty="…", id="queues")
                yield Heading("Workers")
                yield VirtualTable(WORKER_COLUMNS, markable=False, quiet=True, empty="…", id="workers")
            with Vertical(id="right"):
                yield Heading("Under way, then waiting in the order in which they are handed out")
                yield VirtualTable(POOL_RUN_COLUMNS, markable=False, quiet=True, empty="…", id="pool-runs")
                with VerticalScroll(id="why-box", can_focus=False):
                    yield WhyView(indent=2, id="why")

    def on_mount(self) -> None:
        self.set_interval(_AGAIN, self._again)

    def _table(self, name: str) -> VirtualTable:
        return self.query_one(f"#{name}", VirtualTable)

    def _runs_of(self, runs: tuple[FlowRun, ...]) -> ItemRows[FlowRun]:
        return ItemRows(runs, lambda run: run.id, lambda run: pool_run_cells(run, self.workstation.now()))

    # -- reading ----------------------------------------------------------------------------------------------------

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in POOL_CHANGES for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        if self._gone:
            return
        try:
            page = await app.call(_read, app.client, self._pool_id, app.now())
        except NotFound:
            self._gone = True
            raise
        if self.is_attached:
            self._show(page)
            self._look_closer()

    def _show(self, page: _Page) -> None:
        app = self.workstation
        self._page = page
        self.query_one(Title).show(pool_title(page.pool, app.now(), app.zone))
        self._queues = ItemRows(page.queues, lambda queue: queue.id, queue_cells)
        self._table("queues").show(self._queues)
        workers = ItemRows(page.workers, lambda one: one.name, lambda one: worker_cells(one, app.now()))
        self._table("workers").show(workers, empty=f"None.   flowtui worker start --pool {page.pool.name}")
        self._runs = self._runs_of(page.runs)
        self._table("pool-runs").show(self._runs, empty="Nothing is under way, and nothing is due within the hour.")
        if not page.runs:
            self.query_one(WhyView).show(None)

    def tick(self) -> None:
        """A second has passed: times have grown."""
        if self._page is not None:
            self._table("pool-runs").beat()
            self._table("workers").beat()

    def _again(self) -> None:
        if self.is_current:
            self.request_load()

    # -- why --------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowHighlighted, "#pool-runs")
    def _highlighted(self) -> None:
        if self._settle is not None:
            self._settle.stop()
        self._settle = self.set_timer(_SETTLE, self._look_closer)

    @work(group="why", exclusive=True, exit_on_error=False)
    async def _look_closer(self) -> None:
        run = self._runs.get(self._table("pool-runs").cursor_id)
        if run is None or not self.query_one("#why-box").display:
            return
        try:
            found = await self.workstation.call(self.workstation.client.explain_flow_run, run.id)
        except FlowtuiError:  # it was deleted meanwhile: the list will say so
            return
        self.query_one(WhyView).show(found)

    # -- keys -------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowSelected, "#pool-runs")
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        self.workstation.open_run(message.row_id)

    def action_why(self) -> None:
        """Say what the run under the cursor waits for."""
        if (run_id := self._table("pool-runs").cursor_id) is not None:
            self.workstation.open_why(run_id)

    def acting_on(self) -> Subjects | None:
        run = self._runs.get(self._table("pool-runs").cursor_id)
        return None if run is None else (run,)

    def _subject(self) -> WorkPool | WorkQueue | None:
        """The queue under the cursor while the list of queues has the keyboard, else the pool."""
        if self.focused is self._table("queues"):
            return self._queues.get(self._table("queues").cursor_id)
        return None if self._page is None else self._page.pool

    @work(group="act", exit_on_error=False)
    async def action_pause(self) -> None:
        """Pause the pool (or the queue under the cursor), or let it hand out runs again."""
        if subject := self._subject():
            await pause_or_resume(self.workstation, subject)

    @work(group="act", exit_on_error=False)
    async def action_limit(self) -> None:
        """Say how many runs of the pool (or of the queue under the cursor) may be under way at once."""
        if subject := self._subject():
            await set_limit(self.workstation, subject)


def _read(client: Client, pool_id: str, now: datetime) -> _Page:
    pool = client.read_work_pool(pool_id)
    active = client.list_active_runs(pool=pool.name, limit=_RUNS)
    waiting = client.list_waiting_runs(pool.name, until=now + _AHEAD, limit=_RUNS)
    return _Page(pool, client.list_work_queues(pool.name), client.list_workers(pool.name), (*active, *waiting))
