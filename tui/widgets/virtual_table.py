"""A table that asks only for the rows on the screen, so that a million cost as much as ten."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from flowtui.tui.widgets.columns import Column, Placed, place_columns
from flowtui.tui.widgets.line_view import LineView
from flowtui.tui.widgets.paint import Span, Spans, fit, palette_of, strip_of
from flowtui.tui.widgets.rows import Cell, ItemRows, Rows

__all__ = ["VirtualTable"]

_GAP = 2
_GUTTER = 2
"""Cells at the left: the cursor's bar, and the mark."""
_NOTHING: Rows = ItemRows[str]((), str, lambda _: ())


class VirtualTable(LineView):
    """Shows `Rows` under a line of titles. The cursor is bound to a row's id: rows that come and go above it move
    neither the cursor nor the text under the reader's eye.

    `quiet` hides the cursor while the table has no keyboard: for several lists on one screen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", id="table.open"),
        Binding("space", "mark", "mark", id="table.mark"),
        Binding("j,down", "move(1)", "down", show=False, id="table.down"),
        Binding("k,up", "move(-1)", "up", show=False, id="table.up"),
        Binding("g,home", "move_to(0)", "first", show=False, id="table.first"),
        Binding("G,end", "move_to(-1)", "last", show=False, id="table.last"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False, id="table.pagedown"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="table.pageup"),
        Binding("asterisk", "invert_marks", "invert marks", show=False, id="table.invert"),
    ]

    class Event(Message):
        """Something about the row with this id."""

        def __init__(self, table: "VirtualTable", row_id: str) -> None:
            super().__init__()
            self.table, self.row_id = table, row_id

        @property
        def control(self) -> "VirtualTable":
            return self.table

    class RowHighlighted(Event):
        """The cursor came to this row."""

    class RowSelected(Event):
        """Enter was pressed on this row, or it was clicked twice."""

    class Marked(Message):
        """Rows were marked or unmarked."""

        def __init__(self, table: "VirtualTable") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "VirtualTable":
            return self.table

    class MoreWanted(Message):
        """The end of the rows that are known comes into sight."""

        def __init__(self, table: "VirtualTable", known: int) -> None:
            super().__init__()
            self.table, self.known = table, known

        @property
        def control(self) -> "VirtualTable":
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Rows = _NOTHING,
        *,
        header: bool = True,
        markable: bool = True,
        quiet: bool = False,
        empty: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own word
    ) -> None:
        super().__init__(id=id)
        self._columns, self._rows = tuple(columns), rows
        self._titles: dict[int, Callable[[int], Spans]] = {}
        self.head = 1 if header else 0
        self._markable = markable
        self._quiet = quiet
        self._empty = empty
        self._cursor: str | None = rows.row_id(0) if len(rows) else None
        self._index = 0
        self._marks: set[str] = set()
        self._new = 0
        self._more = False
        self._asked_at = -1
        self._placed: tuple[int, tuple[Placed, ...]] = (-1, ())
        self._resize()

    # -- what it shows ----------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Rows:
        """The rows that are shown."""
        return self._rows

    @property
    def cursor_id(self) -> str | None:
        """The id of the row under the cursor; None when there are no rows."""
        return self._cursor

    @property
    def cursor_index(self) -> int:
        """Where the row under the cursor stands now."""
        return self._index

    @property
    def marks(self) -> frozenset[str]:
        """The ids of the marked rows."""
        return frozenset(self._marks)

    @property
    def subjects(self) -> tuple[str, ...]:
        """What an action is about: the marked rows in their order, else the row under the cursor."""
        if self._marks:
            places = {row_id: self._rows.index_of(row_id) for row_id in self._marks}
            return tuple(sorted((m for m in places if places[m] is not None), key=lambda m: places[m] or 0))
        return (self._cursor,) if self._cursor is not None else ()

    @property
    def new_above(self) -> int:
        """Rows that came in above the top of the screen and have not been seen."""
        return self._new

    def show(self, rows: Rows, *, more: bool = False, empty: str | None = None) -> None:
        """Show other rows. The cursor stays on its id; when that is gone, on the row that took its place.

        `more` says that further rows exist: `MoreWanted` is posted when the end comes into sight.
        """
        top_id = self._rows.row_id(self.top) if 0 < self.top < len(self._rows) else None
        old_cursor, was_above = self._cursor, self._index - self.top
        self._rows, self._more = rows, more
        self._asked_at = -1
        if empty is not None:
            self._empty = empty
        self._marks = {row_id for row_id in self._marks if rows.index_of(row_id) is not None}
        self._find_cursor()
        self._resize()
        self._hold_still(top_id, was_above)
        self.refresh()
        self._ask_for_more()
        if self._cursor is not None and self._cursor != old_cursor:
            self.post_message(self.RowHighlighted(self, self._cursor))

    def update(self, rows: Rows, changed: Iterable[str]) -> None:
        """Take rows with the same ids in the same order, of which only those in `changed` look different."""
        self._rows = rows
        self.refresh_rows(changed)

    def draw_title(self, column: int, title: Callable[[int], Spans]) -> None:
        """Draw a column's title by a function of its width: the axis of a chart, for instance."""
        self._titles[column] = title
        self._refresh_header()

    def refresh_rows(self, row_ids: Iterable[str]) -> None:
        """Paint these rows again, if they are on the screen, and nothing else."""
        for row_id in row_ids:
            index = self._rows.index_of(row_id)
            if index is not None:
                self._refresh_index(index)

    def move_to_id(self, row_id: str) -> None:
        """Put the cursor on the row with that id, if there is one."""
        index = self._rows.index_of(row_id)
        if index is not None:
            self._move(index)

    def _find_cursor(self) -> None:
        index = self._rows.index_of(self._cursor) if self._cursor is not None else None
        if index is None:
            index = min(self._index, max(len(self._rows) - 1, 0))
            self._cursor = self._rows.row_id(index) if len(self._rows) else None
        self._index = index

    def _hold_still(self, top_id: str | None, cursor_at: int) -> None:
        """Scroll so that what the reader sees stays where it is, while rows come and go above."""
        if top_id is not None:
            top = self._rows.index_of(top_id)
            if top is not None:
                self._new += max(top - self.top, 0)
                self.scroll_top(top)
        elif self._index - self.top >= self.page_rows > 0:
            # At the top, new rows push the others down, until they would push the cursor off the screen.
            pushed = self._index - max(cursor_at, 0)
            self._new += max(pushed, 0)
            self.scroll_top(pushed)
        self.scroll_top(min(self.top, self.last_top))
        self._see()

    # -- geometry -----------------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return len(self._rows)

    def _resize(self) -> None:
        size = Size(1, len(self._rows) + self.head)
        if size != self.virtual_size:
            self.virtual_size = size

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._see()
        self._ask_for_more()

    def on_resize(self) -> None:
        self.bring_into_sight(self._index)
        self._ask_for_more()

    def _see(self) -> None:
        """What is above the top and new stays counted until it has been on the screen."""
        seen = min(self._new, self.top)
        if seen != self._new:
            self._new = seen
            self._refresh_header()

    def _ask_for_more(self) -> None:
        known = len(self._rows)
        if self._more and self._asked_at != known and self.top + 2 * self.page_rows >= known:
            self._asked_at = known
            self.post_message(self.MoreWanted(self, known))

    def _refresh_index(self, index: int) -> None:
        self.refresh_span(index, index + 1)

    def _refresh_header(self) -> None:
        if self.head:
            self.refresh(Region(0, 0, self.line_width, 1))

    # -- painting ---------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.line_width
        if y < self.head:
            return self._paint_header(width)
        index = self.top + y - self.head
        if index >= len(self._rows):
            return self._paint_nothing(y - self.head, width)
        return self._paint_row(index, width)

    def _columns_for(self, width: int) -> tuple[Placed, ...]:
        if self._placed[0] != width:
            self._placed = (width, place_columns(self._columns, width - _GUTTER - 1, _GAP))
        return self._placed[1]

    def _paint_header(self, width: int) -> Strip:
        palette = palette_of(self)
        spans: list[Span] = [(" " * _GUTTER, "")]
        for placed in self._columns_for(width):
            drawn = self._titles.get(placed.index)
            title: Spans = drawn(placed.width) if drawn else [(placed.column.title, "faint")]
            spans.extend([*fit(title, placed.width, placed.column.align), (" " * _GAP, "")])
        strip = strip_of(spans, palette, self.rich_style, width)
        if not self._new:
            return strip
        pill = f" ▲ {self._new} new "
        return Strip.join(
            [
                strip.crop(0, width - len(pill) - 1),
                strip_of([(pill, "bold base on-accent"), (" ", "")], palette, self.rich_style),
            ]
        )

    def _paint_nothing(self, row: int, width: int) -> Strip:
        words = self._empty.split("\n") if not len(self._rows) else []
        text = words[row] if row < len(words) else ""
        if not text:
            return Strip.blank(width, self.rich_style)
        return strip_of([(" " * _GUTTER + text, "muted")], palette_of(self), self.rich_style, width)

    def _paint_row(self, index: int, width: int) -> Strip:
        palette = palette_of(self)
        row_id = self._rows.row_id(index)
        on, marked = row_id == self._cursor, row_id in self._marks
        base: Style = self.rich_style
        if marked:
            base += palette.style("on-marked")
        if on and (self.has_focus or not self._quiet):
            base += palette.style("on-cursor" if self.has_focus else "on-cursor-off")
        bar = "▌" if on and self.has_focus else " "
        spans: list[Span] = [(bar, "accent"), ("•" if marked else " ", "accent")]
        cells = self._rows.cells(index)
        for placed in self._columns_for(width):
            spans.extend(fit(_spans(cells[placed.index], placed.width), placed.width, placed.column.align))
            spans.append((" " * _GAP, ""))
        return strip_of(spans, palette, base, width)

    def on_focus(self) -> None:
        self._refresh_index(self._index)

    def on_blur(self) -> None:
        self._refresh_index(self._index)

    # -- the cursor ---------------------------------------------------------------------------------------------------

    def _move(self, index: int) -> None:
        """Put the cursor on a row and bring it into sight."""
        if not len(self._rows):
            return
        index = min(max(index, 0), len(self._rows) - 1)
        row_id = self._rows.row_id(index)
        changed = row_id != self._cursor
        old, self._index, self._cursor = self._index, index, row_id
        self._refresh_index(old)
        self._refresh_index(index)
        self.bring_into_sight(self._index)
        if changed:
            self.post_message(self.RowHighlighted(self, row_id))

    def action_move(self, by: int) -> None:
        """Move the cursor by some rows."""
        self._move(self._index + by)

    def action_move_to(self, index: int) -> None:
        """Move the cursor to a row by number; negative counts from the end."""
        self._move(index if index >= 0 else len(self._rows) + index)

    def action_page(self, direction: int) -> None:
        """Move by as many rows as are on the screen."""
        self._move(self._index + direction * max(self.page_rows - 1, 1))

    def action_select(self) -> None:
        """Open the row under the cursor."""
        if self._cursor is not None:
            self.post_message(self.RowSelected(self, self._cursor))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("mark", "invert_marks"):
            return self._markable
        return True

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take the mark away, and go on to the next."""
        if self._cursor is None:
            return
        self._marks ^= {self._cursor}
        self._refresh_index(self._index)
        self.post_message(self.Marked(self))
        self._move(self._index + 1)

    def action_invert_marks(self) -> None:
        """Mark what is not marked, and the other way round."""
        self._marks = {self._rows.row_id(index) for index in range(min(len(self._rows), 10_000))} - self._marks
        self.refresh()
        self.post_message(self.Marked(self))

    def clear_marks(self) -> None:
        """Take all marks away."""
        if self._marks:
            self._marks = set()
            self.refresh()
            self.post_message(self.Marked(self))

    # -- mouse --------------------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        if event.y < self.head:
            if self._new and event.x >= self.line_width - len(f" ▲ {self._new} new ") - 1:
                self.action_move_to(0)
            return
        index = self.top + event.y - self.head
        if index < len(self._rows):
            self._move(index)
            if event.chain == 2:
                self.action_select()


def _spans(cell: Cell, width: int) -> Spans:
    if isinstance(cell, str):
        return [(cell, "text")]
    return cell(width) if callable(cell) else cell
