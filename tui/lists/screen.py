"""A full screen with a list: its filter and its views, its order, and letters that are found in it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual import on, work
from textual.timer import Timer
from textual.widget import Widget

from flowtui.engine.errors import FlowtuiError
from flowtui.engine.listing import QueryValue, RunSort
from flowtui.engine.query_edits import toggled
from flowtui.tui.completing import Wanted
from flowtui.tui.lists.columns import ListColumns, Shown
from flowtui.tui.lists.known_columns import columns_of_list
from flowtui.tui.screens.choice import Choice, ChoiceScreen
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.text import safe
from flowtui.tui.views.choosing import choose_view, show_numbered
from flowtui.tui.views.model import View, all_of
from flowtui.tui.widgets.filter_bar import FilterBar
from flowtui.tui.widgets.find_line import FindLine
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Rows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["NOTHING_FITS", "ListScreen"]

NOTHING_FITS: Final = "Nothing fits this filter.\nesc clears it"
"""What a list says that is empty because of its filter."""
_ATTENTION: Final = "needs:attention"
_LEAVE: Final = 0.5
"""Seconds after which a change of the list is kept on disk."""


class ListScreen(ShellScreen):
    """Shows a view, and keeps how it was left, store by store. Subclasses give `LIST`, `table`, `painted_rows`,
    `values`, `view_changed` and `note`, yield `compose_filter` above the table, and `adopt` at the first load.
    """

    AUTO_FOCUS = "VirtualTable"
    LIST: ClassVar[str]
    NOT_FOUND: ClassVar[str] = "nowhere"
    """What is said while letters are typed that no row has of those that were read."""
    """Which of `KINDS`."""

    def __init__(self) -> None:
        super().__init__()
        self._view = all_of(self.LIST)
        self._adopted = self._asked_for = False
        self._leaving: Timer | None = None
        self._address = ""
        """Of the store whose list this is."""

    def compose_filter(self, hint: str = "") -> Iterable[Widget]:
        """The filter, and the line to find letters."""
        vocabulary = self._view.kind.vocabulary
        yield FilterBar(hint or f"all {vocabulary.noun} · f filter", self.values, vocabulary)
        yield FindLine("part of what a row shows   enter next")

    def on_mount(self) -> None:
        self.show_columns()
        self._show_sort()
        self.show_filter()

    # -- what a list is -----------------------------------------------------------------------------------------------

    @property
    def table(self) -> VirtualTable:
        """The table with the rows."""
        raise NotImplementedError

    async def values(self, asked: Wanted) -> Sequence[QueryValue]:
        """Values for the filter that is being written."""
        raise NotImplementedError

    def painted_rows(self) -> Rows:
        """The rows that are shown, painted in the columns that are on now."""
        raise NotImplementedError

    def view_changed(self, old: View) -> None:
        """Another filter or order is on: show the list so."""
        raise NotImplementedError

    def note(self) -> Iterable[Span]:
        """What the right of the filter says; the last of it goes first where there is little room."""
        raise NotImplementedError

    # -- the view -----------------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What is shown now, and how."""
        return self._view

    @property
    def query_text(self) -> str:
        """The filter that is on, as it was written."""
        return self._view.query

    def set_query(self, text: str) -> None:
        """Show what a filter lets through."""
        self.show_view(replace(self._view, query=text.strip()))

    def show_view(self, view: View) -> None:
        """Show a view."""
        self._asked_for = True
        self.ask(view)

    def ask(self, view: View) -> None:
        """Show another filter, order or columns. Columns that there are not are told of, and the others shown."""
        old, self._view = self._view, self._with_known_columns(view)
        if self._view == old or not self.is_mounted:  # the screen shows it when it is mounted
            return
        if self._view.columns != old.columns:
            self.show_columns()
        if (self._view.query, self._view.sort) != (old.query, old.sort):
            self.view_changed(old)
        self._show_sort()
        self.show_filter()
        self._leave_later()

    async def adopt(self) -> None:
        """Look as this list did when it was left. A filter that was asked for meanwhile stays."""
        if self._adopted:
            return
        app, usual = self.workstation, all_of(self.LIST)
        self._address = app.client.address
        last = await app.call(app.views.last, self._address, self.LIST)
        self._adopted = True
        if not self._asked_for:
            self.ask(last)
        elif self._view.laid_out_as(usual) == self._view:
            self.ask(self._view.laid_out_as(last))

    def _leave_later(self) -> None:
        if self._adopted:
            if self._leaving is not None:
                self._leaving.stop()
            self._leaving = self.set_timer(_LEAVE, self._leave)

    @work(group="leave", exit_on_error=False)
    async def _leave(self) -> None:
        """Keep how the list looks, for the next time."""
        self._leaving = None
        app = self.workstation
        await app.call(app.views.leave, self._address, self._view)

    def on_unmount(self) -> None:
        if self._leaving is not None:
            self._leaving.stop()
            self.workstation.views.leave(self._address, self._view)

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_views(self) -> None:
        """Choose a view, save the present one, or forget one."""
        await choose_view(self.workstation, self)

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_view(self, number: int) -> None:
        """Show a view by its number."""
        await show_numbered(self.workstation, self, number)

    # -- filter -------------------------------------------------------------------------------------------------------

    def show_filter(self) -> None:
        """Show the filter, and what there is to say of the list."""
        for bar in self.query(FilterBar):  # a status may come before the screen has its parts
            bar.show(self._view.query, tuple(self.note()))

    def action_filter(self) -> None:
        """Write a filter."""
        self.query_one(FilterBar).open()

    def action_attention(self) -> None:
        """Show what a person has to look at, or what was shown before."""
        self.set_query(toggled(self._view.query, _ATTENTION, self._view.kind.vocabulary))

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.set_query(message.text)

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self.table.focus()

    # -- columns ------------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> ListColumns[Any, Any]:
        """All columns that the list may have."""
        return columns_of_list(self.LIST)

    @property
    def columns_on(self) -> tuple[Shown, ...]:
        """Those that are on, in their order."""
        return self._view.columns or self.columns.usual

    def sorted_columns(self) -> dict[str, int]:
        """What the columns show of what the list can be sorted by."""
        return self.columns.sorts(self.columns_on)

    def show_columns(self) -> None:
        """Show the rows in the columns that are on."""
        self.table.set_columns(self.columns.placed(self.columns_on), self.painted_rows())

    def _with_known_columns(self, view: View) -> View:
        known, unknown = self.columns.parted(view.columns)
        if not unknown:
            return view
        rest = "the others are shown" if known else "the usual ones are shown"
        one = f"column {unknown[0]!r}" if len(unknown) == 1 else f"columns {', '.join(map(repr, unknown))}"
        words = f"The view {view.name!r} has the {one}, which this version of flowtui does not know: {rest}."
        self.workstation.notify(safe(words), severity="warning", timeout=8, markup=False)
        return replace(view, columns=known)

    def action_columns(self) -> None:
        """Choose the columns: which, in which order, how wide."""
        from flowtui.tui.screens.columns import ColumnsScreen  # noqa: PLC0415 - only when it is shown

        def apply(chosen: tuple[Shown, ...]) -> None:
            self.ask(replace(self._view, columns=() if chosen == self.columns.usual else chosen))

        self.workstation.push_screen(ColumnsScreen(self.columns, self.columns_on, apply))

    # -- order --------------------------------------------------------------------------------------------------------

    def _show_sort(self) -> None:
        sort = self._view.sort
        self.table.set_sort(self.sorted_columns().get(sort.name), descending=sort.descending)

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_sort(self) -> None:
        """Choose what the list is sorted by."""
        now = self._view.sort.name
        choices = [Choice(name, name, about, name == now) for name, about in self._view.kind.sorts.items()]
        answer = await self.workstation.push_screen_wait(ChoiceScreen("Sort by", choices))
        if answer is not None:
            self._sort_by(answer[1])

    def action_sort_turned(self) -> None:
        """Turn the order round."""
        sort = self._view.sort
        self.ask(replace(self._view, sort=RunSort(sort.name, not sort.descending)))

    @on(VirtualTable.TitleClicked)
    def _title_clicked(self, message: VirtualTable.TitleClicked) -> None:
        name = self.columns.of(self.columns_on[message.column].key).sort
        if name is not None:
            self._sort_by(name)

    def _sort_by(self, name: str) -> None:
        """Sort by a thing; by the same again, the other way round."""
        if name == self._view.sort.name:
            self.action_sort_turned()
        else:
            self.ask(replace(self._view, sort=self._view.kind.first_sort(name)))

    # -- finding ------------------------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Look for letters in the list; its neighbours stay."""
        self.query_one(FindLine).open()

    @property
    def found_words(self) -> str:
        """The letters that are looked for."""
        return self.query_one(FindLine).words

    @on(FindLine.Changed)
    def _find_changed(self, message: FindLine.Changed) -> None:
        self.table.set_find(message.words)
        found = self.table.find(1, here=True) or self.table.find(-1)
        self.query_one(FindLine).say("" if found or not message.words else self.NOT_FOUND)

    @on(FindLine.Left)
    def _find_left(self) -> None:
        self.table.focus()

    async def find_beyond(self, words: str, direction: int) -> str | None:
        """The id of the next row with the letters among those that were not read; None when there is none. Raises
        `FlowtuiError`."""
        return None

    @work(group="find", exclusive=True, exit_on_error=False)
    async def action_find_next(self, direction: int) -> None:
        """Go to the next row that has the letters."""
        words = self.found_words
        if not words or self.table.find(direction):
            return
        try:
            row_id = await self.find_beyond(words, direction)
        except FlowtuiError as error:
            self.workstation.notify_error(error)
            return
        if row_id is not None:
            self.table.reveal(row_id)
        else:
            one = self._view.kind.vocabulary.noun.removesuffix("s")
            self.workstation.tell(f"No other {one} {'below' if direction > 0 else 'above'} has {words!r}.")

    # -- back ---------------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Take the marks away, then what is looked for, then the filter, then go up."""
        if self.table.is_marking:
            self.table.clear_marks()
        elif self.found_words:
            self.query_one(FindLine).action_clear()
        elif self._view.query:
            self.set_query("")
        else:
            self.workstation.action_up()
