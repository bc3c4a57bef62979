"""Reads a list of runs through the client, page by page, and keeps it up to date. Whoever shows it looks at `list`."""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING, Final, ParamSpec, Protocol, TypeVar

from flowtui.engine.clock import Clock
from flowtui.engine.listing import NEWEST, RunSort, Total
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query, parse
from flowtui.engine.query_terms import TEXT, Term, Value
from flowtui.tui.run_list import RunList

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["Asks", "RunReader"]

P = ParamSpec("P")
T = TypeVar("T")

_PAGE: Final = 200
_AGAIN: Final = 1_000
"""So many runs are read again at once when everything may have changed."""
_SOON: Final = timedelta(seconds=5)
"""Runs that are due later than this are not in a list unless they were asked for."""


class Asks(Protocol):
    """Who asks a store: the workstation, or the line to one of many servers."""

    @property
    def client(self) -> "Client": ...

    @property
    def zone(self) -> tzinfo | None: ...

    @property
    def now(self) -> Clock: ...

    async def call(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


class RunReader:
    """One list: a filter, an order, what of it was read, and how many runs there are.

    Its methods answer whether the list is another now. A list that was asked for in the meantime wins: what was read
    for the one before is dropped.
    """

    def __init__(self, app: Asks, *, page: int = _PAGE) -> None:
        self._app, self._page = app, page
        self._turn = 0
        self.text = ""
        self.sort = NEWEST
        self.list = RunList()
        self.total: Total | None = None
        """How many runs fit; None until it is known."""
        self.of: Total | None = None
        """How many runs there are without the filter; None while there is none."""

    def ask(self, text: str, sort: RunSort) -> None:
        """Have another list read from now on."""
        if (text, sort) != (self.text, self.sort):
            self._turn += 1
            self.text, self.sort, self.total, self.of = text, sort, None, None

    def query(self, ids: Iterable[str] = ()) -> Query:
        """The filter now. Runs that are due later are left out unless the filter speaks of them."""
        return self._bounded(parse(self.text, self._app.zone)) & Query.of(ids=ids)

    def _bounded(self, query: Query) -> Query:
        now = self._app.now()
        return query if query.looks_ahead(now) else query & Query.of(until=now + _SOON)

    async def read_first(self) -> bool:
        """Read the list from its beginning, or the part of it that was read, once more."""
        turn, client, old = self._turn, self._app.client, self.list
        limit = min(max(self._page, len(old.runs)), _AGAIN)
        starting = old.runs[0].id if old.before is not None and old.runs else None
        page = await self._app.call(client.page_flow_runs, self.query(), sort=self.sort, limit=limit, starting=starting)
        if turn != self._turn:
            return False
        above = old.above if starting is not None else 0
        self.list = RunList.of(page, above=above, total=max(len(old), len(page.items)))
        self._size_up()
        return True

    def start_over(self) -> None:
        """Forget what was read: the next reading begins at the top."""
        self.list = RunList()

    async def read_total(self) -> bool:
        """Count the runs that fit, and all of them."""
        turn, client, query = self._turn, self._app.client, self.query()
        total = await self._app.call(client.count_flow_runs, query)
        of = None
        if self.text:
            of = await self._app.call(client.count_flow_runs, self._bounded(Query()))
        if turn != self._turn:
            return False
        self.total, self.of = total, of
        self._size_up()
        return True

    def _size_up(self) -> None:
        if self.list.is_whole:
            self.total = Total(len(self.list.runs))
        elif self.total is not None:
            self.list = self.list.counted(self.total.number)

    async def read_changed(self, ids: Collection[str]) -> frozenset[str] | None:
        """Look at changed runs again: some came in, some went out, some look different. Answers with those that would
        come in but cannot be placed, because the order is not that of time; None when nothing of it counts any more."""
        turn, client = self._turn, self._app.client
        found = (await self._app.call(client.page_flow_runs, self.query(ids), limit=max(len(ids), 1))).items
        if turn != self._turn:
            return None
        if self.sort.name == "start":
            self.list = self.list.merged(ids, found, descending=self.sort.descending)
            self._size_up()
            return frozenset()
        self.list = self.list.refreshed(found, set(ids) - {run.id for run in found})
        self._size_up()
        return frozenset(run.id for run in found if run.id not in self.list.ids)

    async def read_in_place(self, ids: Collection[str]) -> frozenset[str] | None:
        """Look at changed runs again and leave each where it stands, also those that fit no longer; answers with those
        that would come in."""
        turn, client = self._turn, self._app.client
        here = tuple(run_id for run_id in ids if run_id in self.list.ids)
        others = tuple(run_id for run_id in ids if run_id not in self.list.ids)
        found: tuple[FlowRun, ...] = ()
        if here:
            found = (await self._app.call(client.page_flow_runs, Query.of(ids=here), limit=len(here))).items
        new: tuple[FlowRun, ...] = ()
        if others:
            new = (await self._app.call(client.page_flow_runs, self.query(others), limit=len(others))).items
        if turn != self._turn:
            return None
        self.list = self.list.refreshed(found)
        return frozenset(run.id for run in new)

    async def read_rows(self, first: int, end: int) -> bool:
        """Read on towards the rows `first` … `end - 1`, or jump there when they lie elsewhere."""
        known = self.list
        if known.end < end and first <= known.end + self._page and known.after is not None:
            return await self._extend(known.after, end - known.end)
        if first < known.above and end >= known.above - self._page and known.before is not None:
            return await self._precede(known.before, known.above - first)
        return await self._jump(first, end)

    async def _extend(self, after: str, rows: int) -> bool:
        turn, client = self._turn, self._app.client
        limit = max(rows, self._page)
        page = await self._app.call(client.page_flow_runs, self.query(), sort=self.sort, limit=limit, after=after)
        if turn != self._turn or after != self.list.after:
            return False
        self.list = self.list.extended(page)
        self._size_up()
        return True

    async def _precede(self, before: str, rows: int) -> bool:
        turn, client = self._turn, self._app.client
        limit = max(rows, self._page)
        page = await self._app.call(client.page_flow_runs, self.query(), sort=self.sort, limit=limit, before=before)
        if turn != self._turn or before != self.list.before:
            return False
        self.list = self.list.preceded(page)
        self._size_up()
        return True

    async def _jump(self, first: int, end: int) -> bool:
        """Read what lies there, from the nearer end of the list."""
        turn, client, total = self._turn, self._app.client, len(self.list)
        from_end = total - end < first
        skip = max(total - end, 0) if from_end else max(first, 0)
        limit = max(end - first, self._page)
        page = await self._app.call(
            client.page_flow_runs, self.query(), sort=self.sort, limit=limit, skip=skip, from_end=from_end
        )
        if turn != self._turn:
            return False
        above = total - skip - len(page.items) if from_end else skip
        self.list = RunList.of(page, above=above, total=total)
        self._size_up()
        return True

    async def find(self, words: str, direction: int) -> str | None:
        """The next run beyond what was read whose name, or whose flow's name, has the words: the list then begins, or
        ends, near it. None when there is none."""
        turn, client, known = self._turn, self._app.client, self.list
        edge = known.after if direction > 0 else known.before
        if edge is None:
            return None
        text = Term(field=TEXT, values=(Value.literal(words),))
        page = await self._app.call(
            client.page_flow_runs,
            self.query() & Query((text,)),
            sort=self.sort,
            limit=1,
            after=edge if direction > 0 else None,
            before=edge if direction < 0 else None,
        )
        if turn != self._turn or not page.items:
            return None
        run_id = page.items[0].id
        around = await self._app.call(
            client.page_flow_runs, self.query(), sort=self.sort, limit=self._page, starting=run_id
        )
        if turn != self._turn:
            return None
        above = known.end if direction > 0 else known.above - len(around.items)
        self.list = RunList.of(around, above=max(above, 0), total=len(known))
        self._size_up()
        return run_id
