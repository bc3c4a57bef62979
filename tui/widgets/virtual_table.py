"""A table that asks only for the rows on the screen, so that a million cost as much as ten."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from flowtui.tui.drawing import repaint
from flowtui.tui.widgets.columns import Column, Placed, place_columns
from flowtui.tui.widgets.marks import Marks
from flowtui.tui.widgets.paint import Spans, differences, palette_of
from flowtui.tui.widgets.rows import ItemRows, Rows, has_words, is_gap, read_around, spans_of
from flowtui.tui.widgets.table_marks import TableMarks
from flowtui.tui.widgets.table_paint import GAP, GUTTER, Brush, Drawn, Manner, pill_of

__all__ = ["VirtualTable"]

_FLASH = 0.6
"""Seconds for which a cell that has changed is lit."""
_ABOUT_ROWS: Final = frozenset({"select", "mark"})
_MOST_LOOKED_AT = 5_000
"""Rows that one step of the search looks at."""
_NOTHING: Rows = ItemRows[str]((), str, lambda _: ())


class VirtualTable(TableMarks):
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
        Binding("v", "mark_range", "mark a range", show=False, id="table.range"),
        Binding("shift+down", "extend(1)", "mark downwards", show=False, key_display="⇧↓", id="table.extend-down"),
        Binding("shift+up", "extend(-1)", "mark upwards", show=False, key_display="⇧↑", id="table.extend-up"),
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

    class RowsWanted(Message):
        """Rows that have not been read are on the screen, or near it: those from `first` to `end - 1` are wanted."""

        def __init__(self, table: "VirtualTable", first: int, end: int) -> None:
            super().__init__()
            self.table, self.first, self.end = table, first, end

        @property
        def control(self) -> "VirtualTable":
            return self.table

    class TitleClicked(Message):
        """The title of a column was clicked; `column` is its number."""

        def __init__(self, table: "VirtualTable", column: int) -> None:
            super().__init__()
            self.table, self.column = table, column

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
        self._away = False
        self._new = 0
        self._asked: tuple[int, int] | None = None
        self._sorted: tuple[int, bool] | None = None
        self._words = ""
        self._lit: dict[tuple[str, int], int] = {}
        self._brush: Brush | None = None
        self._painted: dict[int, tuple[Drawn, Strip]] = {}
        """What was painted last in each line of the screen."""
        self._pulses: dict[str, object] = {}
        """What of the rows on the screen changes with the time, by their ids, as it was at the last beat."""
        self._flashes = 0
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
        return None if is_gap(self._cursor) else self._cursor

    @property
    def cursor_index(self) -> int:
        """Where the row under the cursor stands now."""
        return self._index

    @property
    def new_above(self) -> int:
        """Rows that came in above the top of the screen and have not been seen."""
        return self._new

    def show(
        self,
        rows: Rows,
        *,
        empty: str | None = None,
        gone: Collection[str] | None = None,
        changed: Iterable[str] = (),
        moved: bool = False,
    ) -> None:
        """Show other rows. The cursor stays on its id; when that is gone, on the row that took its place.

        A row whose id is a `gap_id` is there and has not been read: `RowsWanted` is posted when it comes near. `gone`
        are the ids that exist no longer, so that their marks go; without it, all that are not among `rows`. `changed`
        are lit for a moment where they look different. `moved` says that rows were read and none came in: nothing is
        new.
        """
        self._light_up(rows, changed)
        anchor = self._anchor() if self.top > 0 or self._away else None
        old_cursor, was_above = self._cursor, self._index - self.top
        filled = bool(len(rows)) != bool(len(self._rows))
        self._rows, self._asked, self._pulses = rows, None, {}
        if empty is not None:
            self._empty = empty
        left = {row_id for row_id in self._marks.ids if rows.index_of(row_id) is None} if gone is None else set(gone)
        self._marks = self._marks.without(left)
        self._find_cursor()
        self._resize()
        new = self._new
        self._hold_still(anchor, was_above)
        if moved:
            self._new = new
        self._see()
        self.refresh()
        self._ask_for_rows()
        if filled:
            self.refresh_bindings()
        if self._cursor is not None and self._cursor != old_cursor:
            self.post_message(self.RowHighlighted(self, self._cursor))

    @property
    def idle_actions(self) -> frozenset[str]:
        """What its keys would do to a row that there is not."""
        return frozenset() if len(self._rows) else _ABOUT_ROWS

    def update(self, rows: Rows, changed: Iterable[str]) -> None:
        """Take rows with the same ids in the same order, of which only those in `changed` look different. Of these, the
        cells that do are painted."""
        changed = tuple(changed)
        self._light_up(rows, changed)
        self._rows, self._pulses = rows, {}
        self.refresh_rows(changed)

    def forget_place(self) -> None:
        """The next rows are another list: the cursor goes to the first, and nothing is new or marked."""
        self._cursor, self._index, self._away, self._new = None, 0, False, 0
        self._marks = Marks()
        self.scroll_top(0)

    def set_columns(self, columns: Sequence[Column], rows: Rows) -> None:
        """Show other columns of the same rows."""
        self._columns, self._rows = tuple(columns), rows
        self._placed, self._lit, self._pulses = (-1, ()), {}, {}
        self.refresh()

    def set_sort(self, column: int | None, *, descending: bool = True) -> None:
        """Say by which column the rows are sorted; None when it is by none that is shown."""
        self._sorted = None if column is None else (column, descending)
        self._refresh_header()

    def _light_up(self, rows: Rows, changed: Iterable[str]) -> None:
        """Light the cells on the screen that look different from now on, unless motion is not wanted."""
        if self.app.animation_level == "none":
            return
        self._flashes += 1
        different = ((row_id, placed) for row_id in changed for placed in self._changed_columns(rows, row_id))
        lit = {(row_id, placed.index): self._flashes for row_id, placed in different if not placed.column.calm}
        if lit:
            self._lit.update(lit)
            self.set_timer(_FLASH, partial(self._put_out, self._flashes))

    def _changed_columns(self, rows: Rows, row_id: str) -> Iterator[Placed]:
        """The columns in which a row on the screen looks different among other rows."""
        old, new = self._rows.index_of(row_id), rows.index_of(row_id)
        if old is None or new is None or not self.top <= old < self.top + self.page_rows:
            return
        before, after = self._rows.cells(old), rows.cells(new)
        for placed in self._columns_for(self.line_width):
            if spans_of(before[placed.index], placed.width) != spans_of(after[placed.index], placed.width):
                yield placed

    def _put_out(self, flash: int) -> None:
        over = [cell for cell, number in self._lit.items() if number == flash]
        for cell in over:
            del self._lit[cell]
        self.refresh_rows(row_id for row_id, _ in over)

    def draw_title(self, column: int, title: Callable[[int], Spans]) -> None:
        """Draw a column's title by a function of its width: the axis of a chart, for instance."""
        self._titles[column] = title
        self._refresh_header()

    def refresh_rows(self, row_ids: Iterable[str]) -> None:
        """Paint these rows again, as far as they are on the screen and look different now, and nothing else."""
        top, end = self.top, self.top + self.page_rows
        places = {self._rows.index_of(row_id) for row_id in row_ids}
        self._refresh_seen([index for index in places if index is not None and top <= index < end])

    def beat(self) -> None:
        """A second has passed: paint the rows on the screen that look different for that. Those whose pulse is the same
        as at the last beat do not, which is found out in a tenth of the time that drawing them takes."""
        rows, before, top = self._rows, self._pulses, self.top
        now: dict[str, object] = {}
        changed: list[int] = []
        for index in range(top, min(top + self._size.height - self.head, len(rows))):  # `page_rows` is long in coming
            row_id = rows.row_id(index)
            pulse = now[row_id] = rows.pulse(index)
            if row_id not in before or before[row_id] != pulse:
                changed.append(index)
        self._pulses = now
        self._refresh_seen(changed)

    def _refresh_seen(self, indexes: Collection[int]) -> None:
        if indexes:
            brush = self._mixed()
            for index in indexes:
                self._refresh_row(index, index - self.top + self.head, brush)

    def _refresh_row(self, index: int, y: int, brush: Brush) -> None:
        drawn = self._draw(index, brush)
        before, painted = self._painted.get(y, (None, None))
        if drawn != before or painted is None or painted.cell_length != brush.width:
            for x, width in differences(painted, brush.strip(drawn)):
                repaint(self, Region(x, y, width, 1))

    def move_to_id(self, row_id: str) -> None:
        """Put the cursor on the row with that id, if there is one."""
        index = self._rows.index_of(row_id)
        if index is not None:
            self._move(index)

    def reveal(self, row_id: str) -> None:
        """Put the cursor on the row with that id, among its neighbours."""
        index = self._rows.index_of(row_id)
        if index is not None:
            self._show_among_others(index)

    def _find_cursor(self) -> None:
        index = self._rows.index_of(self._cursor) if self._cursor is not None else None
        if index is None:
            index = min(self._index, max(len(self._rows) - 1, 0))
            self._cursor = self._rows.row_id(index) if len(self._rows) else None
        self._index = index

    def _anchor(self) -> tuple[str, int] | None:
        """The first row on the screen that was read, and how far below the top it stands."""
        ids = (self._rows.row_id(index) for index in range(self.top, min(self.top + self.page_rows, len(self._rows))))
        return next(((row_id, below) for below, row_id in enumerate(ids) if not is_gap(row_id)), None)

    def _hold_still(self, anchor: tuple[str, int] | None, cursor_at: int) -> None:
        """Scroll so that what the reader sees stays where it is, while rows come and go above."""
        if anchor is not None:
            at = self._rows.index_of(anchor[0])
            if at is not None:
                self._new += max(at - anchor[1] - self.top, 0)
                self.scroll_top(max(at - anchor[1], 0))
        elif self._index - self.top >= self.page_rows > 0:
            # At the top, new rows push the others down, until they would push the cursor off the screen.
            pushed = self._index - max(cursor_at, 0)
            self._new += max(pushed, 0)
            self.scroll_top(pushed)
        self.scroll_top(min(self.top, self.last_top))

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
        self._ask_for_rows()

    def on_resize(self) -> None:
        self.bring_into_sight(self._index)
        self._ask_for_rows()

    def _see(self) -> None:
        """What is above the top and new stays counted until it has been on the screen."""
        seen = min(self._new, self.top)
        if seen != self._new:
            self._new = seen
            self._refresh_header()

    @property
    def wanted(self) -> tuple[int, int] | None:
        """The rows on the screen and a page around it, when some of them have not been read: the first, and the end."""
        page, known = self.page_rows, len(self._rows)
        first, end = max(self.top - page, 0), min(self.top + 2 * page, known)
        if first < end and (is_gap(self._rows.row_id(first)) or is_gap(self._rows.row_id(end - 1))):
            return first, end
        return None

    def _ask_for_rows(self) -> None:
        wanted = self.wanted
        if wanted is not None and wanted != self._asked:
            self._asked = wanted
            self.post_message(self.RowsWanted(self, *wanted))

    def _refresh_index(self, index: int) -> None:
        self.refresh_span(index, index + 1)

    def _refresh_header(self) -> None:
        if self.head:
            self.refresh(Region(0, 0, self.line_width, 1))

    # -- painting ---------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        self._brush = self._mixed()
        try:
            return super().render_lines(crop)
        finally:
            self._brush = None

    def render_line(self, y: int) -> Strip:
        brush = self._brush or self._mixed()
        if y < self.head:
            drawn = {column: title(width) for column, title, width in self._drawn_titles(brush)}
            return brush.titles(drawn, self._sorted, self._new)
        index = self.top + y - self.head
        if index >= len(self._rows):
            self._painted.pop(y, None)
            words = brush.broken(self._empty) if not len(self._rows) else []
            return brush.nothing("".join(words[y - self.head : y - self.head + 1]))
        drawn_row = self._draw(index, brush)
        self._painted[y] = drawn_row, brush.strip(drawn_row)
        return self._painted[y][1]

    def _mixed(self) -> Brush:
        """What the lines have in common now; asking for it costs as much as a line."""
        width = self.line_width
        return Brush(palette_of(self), self.rich_style, width, self._columns_for(width), self._words)

    def _columns_for(self, width: int) -> tuple[Placed, ...]:
        if self._placed[0] != width:
            self._placed = (width, place_columns(self._columns, width - GUTTER - 1, GAP))
        return self._placed[1]

    def _drawn_titles(self, brush: Brush) -> Iterator[tuple[int, Callable[[int], Spans], int]]:
        for placed in brush.columns:
            if placed.index in self._titles:
                yield placed.index, self._titles[placed.index], placed.width

    def _draw(self, index: int, brush: Brush) -> Drawn:
        row_id = self._rows.row_id(index)
        on, focus = row_id == self._cursor, self.has_focus
        cursor = ("on-cursor" if focus else "on-cursor-off") if on and (focus or not self._quiet) else ""
        marked = row_id in self._marks and not is_gap(row_id)
        lit = [column for lit_id, column in self._lit if lit_id == row_id] if self._lit else ()
        return brush.row(self._rows.cells(index), Manner(cursor, on and focus, marked, lit))

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
        self._away = index > 0
        self._refresh_index(old)
        self._refresh_index(index)
        self.bring_into_sight(self._index)
        if changed:
            self._stretch_range()
            if not is_gap(row_id):
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
        if self.cursor_id is not None:
            self.post_message(self.RowSelected(self, self.cursor_id))

    # -- finding ------------------------------------------------------------------------------------------------------

    def set_find(self, words: str) -> None:
        """Light up these letters wherever they stand; the other rows stay. Empty for nothing."""
        if words != self._words:
            self._words = words
            self.refresh()

    def find(self, direction: int, *, here: bool = False) -> bool:
        """Put the cursor on the next row that was read and has the letters; with `here`, the present one counts."""
        if not self._words:
            return False
        near = read_around(self._rows, self._index, 2 * _MOST_LOOKED_AT)
        begin = self._index if here else self._index + direction
        for index in range(begin, near.stop if direction > 0 else near.start - 1, direction):
            if has_words(self._rows, index, self._columns_for(self.line_width), self._words):
                self._show_among_others(index)
                return True
        return False

    def _show_among_others(self, index: int) -> None:
        """Put the cursor on a row, and some of its neighbours on the screen."""
        seen = self.top + 2 <= index < self.top + self.page_rows - 2
        self._move(index)
        if not seen:
            self.scroll_top(min(max(index - self.page_rows // 2, 0), self.last_top))

    # -- mouse --------------------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        if event.y < self.head:
            if self._new and event.x >= self.line_width - len(pill_of(self._new)) - 1:
                self.action_move_to(0)
            else:
                self._title_clicked(event.x)
            return
        index = self.top + event.y - self.head
        if index < len(self._rows):
            self._move(index)
            if event.chain == 2:
                self.action_select()

    def _title_clicked(self, x: int) -> None:
        left = GUTTER
        for placed in self._columns_for(self.line_width):
            if left <= x < left + placed.width:
                self.post_message(self.TitleClicked(self, placed.index))
                return
            left += placed.width + GAP
