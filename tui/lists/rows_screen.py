"""A list that is in hand as a whole: a few thousand rows, which are filtered and sorted here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from textual import on

from flowtui.engine.listing import QueryValue
from flowtui.engine.query_reading import read_terms
from flowtui.engine.query_rows import Reading, fitting, values_of
from flowtui.tui.completing import Wanted
from flowtui.tui.formats import count
from flowtui.tui.lists.columns import At
from flowtui.tui.lists.screen import NOTHING_FITS, ListScreen
from flowtui.tui.views.model import View
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from flowtui.tui.piping.records import Records

__all__ = ["RowsScreen"]

T = TypeVar("T")
_AGAIN: Final = 5.0
"""Seconds after which a filter that speaks of time is asked again."""


class RowsScreen(ListScreen, Generic[T]):
    """Subclasses give `all_rows`, `row_id`, `nothing` and `records_of`, and call `show_rows` when what they have
    changes.

    `orders` are keys to sort by, under the names of the list's sorts.
    """

    def __init__(self, reading: Reading[T], orders: Mapping[str, Callable[[T], Any]]) -> None:
        super().__init__()
        self._reading, self._orders = reading, orders
        self.rows: ItemRows[T] = self._rows_of(())
        """What is shown."""
        self._total: int | None = None

    def on_mount(self) -> None:
        self.set_interval(_AGAIN, self._time_passed)

    # -- what a list is -----------------------------------------------------------------------------------------------

    def all_rows(self) -> Sequence[T] | None:
        """All that there are, whatever the filter says; None before they were read."""
        raise NotImplementedError

    def row_id(self, row: T) -> str:
        raise NotImplementedError

    def seen(self) -> At:
        """What rows are painted with now."""
        return At(self.workstation.now(), self.workstation.zone)

    def nothing(self) -> str:
        """What an empty list says while no filter is on."""
        raise NotImplementedError

    def records_of(self, rows: Sequence[T]) -> "Records":
        """Rows as they are handed on."""
        raise NotImplementedError

    # -- showing ------------------------------------------------------------------------------------------------------

    def _rows_of(self, rows: Sequence[T]) -> ItemRows[T]:
        paint, pulse = self.columns.painter(self.columns_on), self.columns.pulse(self.columns_on)
        return ItemRows(rows, self.row_id, lambda row: paint(row, self.seen()), lambda row: pulse(row, self.seen()))

    def painted_rows(self) -> ItemRows[T]:
        self.rows = self._rows_of(self.rows.items)
        return self.rows

    def in_order(self, rows: Iterable[T]) -> list[T]:
        """By the view's sort; equal ones in the usual order, which no turning changes."""
        sort, usual = self._view.sort, self._view.kind.usual.name
        return sorted(sorted(rows, key=self._orders[usual]), key=self._orders[sort.name], reverse=sort.descending)

    def fitting(self) -> tuple[T, ...]:
        """The rows that the filter lets through, in order."""
        app, rows = self.workstation, self.in_order(self.all_rows() or ())
        return fitting(rows, self._view.query, self._reading, app.now(), app.zone)

    def show_rows(self, changed: Iterable[str] | None = None) -> None:
        """Show the list. When only `changed` rows look different, and none moves, only they are painted."""
        everything = self.all_rows()
        if everything is None or not self.is_attached:
            return
        rows = self._rows_of(self.fitting())
        before, self.rows, self._total = self.rows, rows, len(everything)
        if changed is not None and list(map(self.row_id, before.items)) == list(map(self.row_id, rows.items)):
            self.table.update(rows, changed)
        else:
            self.table.show(rows, empty=NOTHING_FITS if self._view.query else self.nothing())
        self.show_filter()

    def view_changed(self, old: View) -> None:
        self.show_rows()

    def tick(self) -> None:
        """A second has passed: what is so long ago, or so near, is another."""
        self.table.beat()

    def _time_passed(self) -> None:
        """`next<1h` lets other rows through than it did."""
        if self.is_current and self._view.query:
            vocabulary = self._view.kind.vocabulary
            terms = (placed.term for placed in read_terms(self._view.query, vocabulary))
            if any(vocabulary.names[term.field].kind == "moment" for term in terms):
                self.show_rows(())

    def note(self) -> Iterable[Span]:
        if self.table.is_marking:
            yield f"{count(len(self.table.marks))} marked   ", "accent"
        if self._total is None:
            yield "…", "muted"
            return
        noun = self._view.kind.vocabulary.noun
        if self._view.query:
            yield f"{count(len(self.rows))} of {count(self._total)}", "muted"
        else:
            yield f"{count(self._total)} {noun if self._total != 1 else noun.removesuffix('s')}", "muted"
        if self._view.sort.name not in self.sorted_columns() and self._view.sort != self._view.kind.usual:
            yield f"   {self._view.kind.sorts[self._view.sort.name]}", "faint"
        if self._view.name != "all":
            yield f"   {self._view.name}", "faint"

    async def values(self, asked: Wanted) -> Sequence[QueryValue]:
        return values_of(self.all_rows() or (), asked.field, asked.start, self._reading, path=asked.path)

    # -- rows ---------------------------------------------------------------------------------------------------------

    def under_cursor(self) -> T | None:
        """The row under the cursor: fixed now, whatever happens to the list later."""
        return self.rows.get(self.table.cursor_id)

    def meant(self) -> list[T]:
        """The marked rows, else the one under the cursor."""
        return [row for row in map(self.rows.get, self.table.subjects) if row is not None]

    def pipe_records(self) -> "Records | None":
        """What can be handed on: the marked rows, or all that the filter lets through."""
        if self._total is None:
            return None
        return self.records_of(self.meant() if self.table.is_marking else self.rows.items)

    def action_mark_all(self) -> None:
        """Mark all rows that the filter lets through."""
        self.table.clear_marks()
        self.table.action_invert_marks()

    @on(VirtualTable.Marked)
    def _marks_changed(self) -> None:
        self.show_filter()
