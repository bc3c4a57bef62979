"""A log of any length: it follows the end, holds still when one reads, and paints only what is on the screen.

Outside, lines are known by their numbers in the log. Inside, by their positions among those that are shown: without a
filter that is the same.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from flowtui.engine.model import LogLine
from flowtui.tui.log_book import PAGE, LogBook, Place
from flowtui.tui.log_text import LineRow
from flowtui.tui.logs.marks import Marks
from flowtui.tui.themes import Palette
from flowtui.tui.widgets.log_looks import LogLooks
from flowtui.tui.widgets.log_paint import LogPaint, key_of
from flowtui.tui.widgets.paint import on_ground, palette_of, strip_of

__all__ = ["LogView"]

_AHEAD = 60
"""Lines beyond the screen that are read before they are needed."""


class LogView(LogLooks):
    """Shows what it was given by `take`, and asks for the rest by `Wanted`. While it follows, the end of the log is
    at the end of the screen; moving up stops that, moving to the end takes it up again.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "hit(1)", "next", show=False, id="log-move.next"),
        Binding("N", "hit(-1)", "previous", show=False, id="log-move.previous"),
        Binding("e", "error(1)", "error", id="log.error"),
        Binding("E", "error(-1)", "previous error", show=False, id="log.previous-error"),
        Binding("right_curly_bracket", "warning(1)", "warning", show=False, id="log.warning"),
        Binding("left_curly_bracket", "warning(-1)", "previous warning", show=False, id="log.previous-warning"),
        Binding("G,end", "follow", "end, follow", show=False, id="log-move.end"),
        Binding("f,F", "toggle_follow", "follow or stay", show=False, id="log.follow"),
        Binding("g,home", "first", "first", show=False, id="log-move.first"),
        Binding("j,down", "move(1)", "down", show=False, id="log-move.down"),
        Binding("k,up", "move(-1)", "up", show=False, id="log-move.up"),
        Binding("pagedown,ctrl+d,space", "page(1)", "page down", show=False, id="log-move.pagedown"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="log-move.pageup"),
        Binding("left", "pan(-8)", "left", show=False, id="log-move.left"),
        Binding("right", "pan(8)", "right", show=False, id="log-move.right"),
        Binding("W", "wrap", "wrap", show=False, id="log.wrap"),
        Binding("t", "times", "times", show=False, id="log.times"),
        Binding("z", "fold", "fold or unfold the traceback", show=False, id="log.fold"),
        Binding("Z", "fold_all", "fold or unfold all tracebacks", show=False, id="log.fold-all"),
        Binding("v", "select", "select lines from here", show=False, id="log.select"),
    ]

    class Wanted(Message):
        """These positions are (about to be) on the screen and not loaded: starts and how many.

        `numbers` are those of the lines that are shown, None when that is all of them; give them back with `take_at`.
        """

        def __init__(self, view: "LogView", ranges: Sequence[tuple[int, int]], numbers: "array[int] | None") -> None:
            super().__init__()
            self.view, self.ranges, self.numbers = view, tuple(ranges), numbers

    class Moved(Message):
        """Another line is under the cursor, or following began or ended, or lines came in unseen."""

    class HitAsked(Message):
        """The next (1) or previous (-1) hit of the find, or error, or warning is wanted."""

        def __init__(self, kind: str, direction: int) -> None:
            super().__init__()
            self.kind, self.direction = kind, direction

    def __init__(self, zone: tzinfo | None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(zone, id=id)
        self._book = LogBook(self._paint.height)
        self._numbers: array[int] | None = None
        self._line_total = 0
        self._following = True
        self._paused_at = 0
        self._kept: tuple[tuple[Place, int], int, int, int | None] | None = None
        self._cursor: Place = (0, 0)
        self._anchor: int | None = None
        self._fitting = False
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(2000)
        self._empty = ""
        self._gutter: list[str] = []
        self._rows_then = 0

    # -- what it shows ----------------------------------------------------------------------------------------------

    @property
    def book(self) -> LogBook:
        """The lines that are shown, by position."""
        return self._book

    @property
    def numbers(self) -> "array[int] | None":
        """The numbers of the lines that are shown; None when that is all of them."""
        return self._numbers

    @property
    def line_total(self) -> int:
        """How many lines the log has, shown or not."""
        return self._line_total

    @property
    def following(self) -> bool:
        """True while the end of the log is held on the screen."""
        return self._following

    @property
    def unseen(self) -> int:
        """Lines that came in since following ended."""
        if self._following:
            return 0
        shown = self._paused_at if self._numbers is None else bisect_left(self._numbers, self._paused_at)
        return max(self._book.total - shown, 0)

    @property
    def cursor_line(self) -> int:
        """The number of the line under the cursor."""
        return self._number_at(self._cursor[0])

    @property
    def cursor_row(self) -> tuple[LogLine, LineRow | None] | None:
        """The line under the cursor and what stands in its row; None while it is not loaded."""
        line = self._book.line(self._cursor[0])
        return (line, self._paint.row_at(line, self._cursor[1])) if line is not None else None

    def say(self, words: str) -> None:
        """What stands there while no line is shown."""
        if words != self._empty:
            self._empty = words
            self.refresh()

    def take(self, start: int, lines: Sequence[LogLine], total: int) -> None:
        """Show lines `start`, `start + 1`, …; the log has `total` by now. For a log that is shown whole."""
        self._line_total = max(self._line_total, total, start + len(lines))
        self._put(start, lines, self._line_total)

    def take_at(self, position: int, lines: Sequence[LogLine], numbers: "array[int] | None") -> None:
        """What was asked for by `Wanted`. What was asked for before other lines were shown is no longer of use."""
        if numbers is self._numbers and numbers is not None:
            self._put(position, lines, len(numbers))
            self.post_message(self.Moved())

    def append(self, numbers: Sequence[int], lines: Sequence[LogLine], total: int) -> None:
        """These lines, the newest of a log of `total` by now, are let through by the filter."""
        assert self._numbers is not None
        self._line_total = max(self._line_total, total)
        start = len(self._numbers)
        self._numbers.extend(numbers)
        self._put(start, lines, len(self._numbers))

    def show_only(self, numbers: "array[int] | None", total: int) -> None:
        """Show these lines of a log of `total`, or all (None). What stands at the top stays as near as it can."""
        self._line_total = max(self._line_total, total)
        if numbers == self._numbers:
            return
        old_book, old_numbers = self._book, self._numbers
        if self._kept is None or self._kept[0] != (self._cursor, self.top):
            top = self._number_at(old_book.place_of(self.top)[0])
            self._kept = ((self._cursor, self.top), top, self.cursor_line, self._offset_of_cursor())
        _, top, cursor, below = self._kept
        self._numbers = numbers
        self._book = LogBook(self._paint.height)
        self._book.take(0, (), len(numbers) if numbers is not None else self._line_total)
        self._strips.clear()
        if self._following:
            first = self._book.total - 2 * PAGE
        else:
            first = self._position_of(top) - PAGE
        self._prefill(old_book, old_numbers, first, first + 3 * PAGE)
        self._cursor = (self._position_of(cursor), 0)
        self._resize()
        if self._following:
            self._cursor = self._last_place()
            self._go_to_end()
        elif below is not None:  # the cursor is in sight: it is what the reader looks at
            self.scroll_top(min(max(self._book.row_of(self._cursor) - below, 0), self.last_top))
        else:
            self.scroll_top(min(self._book.row_of((self._position_of(top), 0)), self.last_top))
        self._kept = ((self._cursor, self.top), top, cursor, below)
        self.refresh()
        self.post_message(self.Moved())
        self._want()

    def _offset_of_cursor(self) -> int | None:
        """Rows between the top of the screen and the cursor; None when it is not in sight."""
        below = self._book.row_of(self._cursor) - self.top
        return below if 0 <= below < self.page_rows else None

    def _prefill(self, old: LogBook, old_numbers: "array[int] | None", first: int, last: int) -> None:
        """Take over what is loaded already, page by page, so that nothing blinks."""
        for start in range(max(first, 0) // PAGE * PAGE, min(last, self._book.total), PAGE):
            lines = []
            for position in range(start, min(start + PAGE, self._book.total)):
                number = self._number_at(position)
                at = number if old_numbers is None else bisect_left(old_numbers, number)
                there = old_numbers is None or (at < len(old_numbers) and old_numbers[at] == number)
                line = old.line(at) if there else None
                if line is None:
                    break
                lines.append(line)
            self._book.take(start, lines, self._book.total)

    def _position_of(self, number: int) -> int:
        """Where a line is shown, or the next one that is."""
        if self._numbers is None:
            return number
        return min(bisect_left(self._numbers, number), max(len(self._numbers) - 1, 0))

    def _number_at(self, position: int) -> int:
        """The number of the line that is shown at a position."""
        if self._numbers is None:
            return position
        return self._numbers[position] if 0 <= position < len(self._numbers) else self._line_total

    def _put(self, start: int, lines: Sequence[LogLine], total: int) -> None:
        """Keep the lines of these positions; there are `total` by now."""
        book, old_total, old_rows = self._book, self._book.total, self._book.rows
        top = book.place_of(self.top)
        book.take(start, lines, total)
        for position in range(start, min(start + len(lines), old_total)):  # were painted as missing
            self._forget(position)
        self._resize()
        if self._following:
            self._cursor = self._last_place()
            self._go_to_end()
            if self.top == 0 and book.rows <= self.page_rows:
                self.refresh_span(max(old_rows - 1, 0), book.rows)
            if start < old_total:
                self._refresh_lines(start, min(start + len(lines), old_total))
        else:
            self.scroll_top(book.row_of(top))
            self._refresh_lines(start, start + len(lines))
        if book.total != old_total:
            self.post_message(self.Moved())
        self._want()

    def show_hits(self, marks: Marks | None) -> None:
        """Mark what is looked for in the lines."""
        pattern = marks.test.pattern if marks is not None and not marks.is_slow else ""
        self._paint_by(replace(self._paint, pattern=pattern))

    def show_gutter(self, kinds: Sequence[tuple[Marks, str]]) -> None:
        """Where in the whole log there are hits, as marks beside the scrollbar: the first kind covers the others."""
        height, rows = self.page_rows, self._book.rows
        gutter = [""] * height
        if rows > height > 0:
            edges = [self._number_at(self._book.place_of(rows * y // height)[0]) for y in range(height)]
            edges.append(self._line_total)
            for marks, role in reversed(kinds):
                for y in range(height):
                    if marks.any_between(edges[y], max(edges[y + 1], edges[y] + 1)):
                        gutter[y] = role
        old, self._gutter = self._gutter, gutter
        for y, role in enumerate(gutter):
            if y >= len(old) or old[y] != role:
                self.refresh(Region(self.line_width - 1, y, 1, 1))

    def _paint_by(self, paint: LogPaint) -> None:
        """Draw lines in another way. The line at the top stays at the top."""
        if paint == self._paint:
            return
        old, self._paint = self._paint, paint
        self._strips.clear()
        self.refresh()
        if old.shape_differs(paint):
            top = self._book.place_of(self.top)
            self._book.measure_again(paint.height)
            self._cursor = (self._cursor[0], 0)
            self._resize()
            if self._following:
                self._cursor = self._last_place()
                self._go_to_end()
            else:
                self.scroll_top(min(self._book.row_of((top[0], 0)), self.last_top))
                self.bring_into_sight(self._book.row_of(self._cursor))

    def move_to_line(self, number: int) -> None:
        """Put the cursor on a line and bring it to the middle of the screen when it is not in sight."""
        self._pause()
        self._set_cursor((self._position_of(number), 0))
        row = self._book.row_of(self._cursor)
        if not self.top <= row < self.top + self.page_rows:
            self.scroll_top(max(row - self.page_rows // 2, 0))
        self._want()

    def _say_moved(self) -> None:
        self.post_message(self.Moved())

    # -- geometry ---------------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return self._book.rows

    def _resize(self) -> None:
        size = Size(1, self._book.rows)
        if size != self.virtual_size:
            # Not by assignment, which lays the whole screen out again: this widget's place does not depend on it.
            self.set_reactive(LogView.virtual_size, size)
            self._scroll_update(size)

    def on_resize(self) -> None:
        self._paint_by(replace(self._paint, width=self.line_width))
        if self._following:
            self._go_to_end()
        elif 0 <= self._book.row_of(self._cursor) - self.top < self._rows_then:  # it was in sight: it stays so
            self.bring_into_sight(self._book.row_of(self._cursor))
        self._rows_then = self.page_rows
        self._want()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def _go_to_end(self) -> None:
        self.scroll_top(max(self._book.rows - self.page_rows, 0))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._want()

    def _want(self) -> None:
        """Ask for what is on the screen, or nearly, and not loaded."""
        if not self.page_rows or not self._book.total:
            return
        first = self._book.place_of(self.top - _AHEAD)[0]
        last = self._book.place_of(self.top + self.page_rows + _AHEAD)[0]
        ranges = self._book.missing(first, last)
        if ranges:
            self.post_message(self.Wanted(self, ranges, self._numbers))

    def _refresh_lines(self, first: int, end: int) -> None:
        self.refresh_span(self._book.row_of((first, 0)), self._book.row_of((end, 0)))

    def _forget(self, number: int) -> None:
        for sub in range(min(self._book.height_of(number), 200)):
            self._strips.discard((number, sub))

    # -- painting ---------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, palette = self.line_width, palette_of(self)
        if not self._book.total and y == 0 and self._empty:
            return strip_of([("  " + self._empty, "muted")], palette, self.rich_style, width)
        row = self.top + y
        if row >= self._book.rows:
            return Strip.blank(width, self.rich_style)
        place = self._book.place_of(row)
        if self._paint.width != width:  # not only a resize: the scrollbar comes and goes, too
            self._fit_later()
            strip = self._draw(place, palette, replace(self._paint, width=width))
        else:
            strip = self._strips.get(place) or self._draw(place, palette, self._paint)
        here = place == self._cursor and not self._following
        if here or (self._anchor is not None and self._is_selected(place[0])):
            role = "on-marked" if not here else "on-cursor" if self.has_focus else "on-cursor-off"
            strip = on_ground(strip, self.rich_style, palette.style(role))
            if here and self.has_focus:
                bar = strip_of([("▌", "accent on-cursor")], palette, self.rich_style)
                strip = Strip.join([bar, strip.crop(1, width)])
        if y < len(self._gutter) and self._gutter[y]:
            mark = strip_of([("▐", self._gutter[y])], palette, self.rich_style)
            strip = Strip.join([strip.crop(0, width - 1), mark])
        return strip

    def _fit_later(self) -> None:
        """Lay the lines out for another width once what is being painted now stands there."""
        if not self._fitting:
            self._fitting = True
            self.call_later(self._fit)

    def _fit(self) -> None:
        self._fitting = False
        self._paint_by(replace(self._paint, width=self.line_width))

    def _draw(self, place: Place, palette: Palette, paint: LogPaint) -> Strip:
        """A row from its line. What is not loaded is a dot, until it is."""
        line = self._book.line(place[0])
        if line is None:
            return strip_of([("  ·", "faint")], palette, self.rich_style, self.line_width)
        self._book.touch(place[0])
        before = self._book.line(place[0] - 1) if paint.times == "delta" and place[0] else None
        strip = paint.paint(line, place[1], palette, self.rich_style, before.timestamp if before is not None else None)
        if paint is self._paint:
            self._strips[place] = strip
        return strip

    def on_focus(self) -> None:
        self._refresh_place(self._cursor)

    def on_blur(self) -> None:
        self._refresh_place(self._cursor)

    def _refresh_place(self, place: Place) -> None:
        row = self._book.row_of(place)
        self.refresh_span(row, row + 1)

    # -- the cursor -------------------------------------------------------------------------------------------------

    def _last_place(self) -> Place:
        last = max(self._book.total - 1, 0)
        return (last, self._book.height_of(last) - 1 if self._book.total else 0)

    def _pause(self) -> None:
        """The reader looks at something: hold it still."""
        if self._following and self._book.total:
            self._following, self._paused_at = False, self._line_total
            self._refresh_place(self._cursor)
            self.post_message(self.Moved())

    def _set_cursor(self, place: Place) -> None:
        old, self._cursor = self._cursor, place
        if self._anchor is not None:
            self.refresh()
        self._refresh_place(old)
        self._refresh_place(place)
        self.post_message(self.Moved())

    def _move_to_row(self, row: int) -> None:
        row = min(max(row, 0), max(self._book.rows - 1, 0))
        self._set_cursor(self._book.place_of(row))
        self.bring_into_sight(row)
        self._want()

    def action_move(self, by: int) -> None:
        """Move the cursor by rows. Up stops following; down from the last row takes it up again."""
        row = self._book.row_of(self._cursor)
        if by > 0 and row >= self._book.rows - 1:
            self.action_follow()
            return
        if not (self._following and by > 0):
            self._pause()
            self._move_to_row(row + by)

    def action_page(self, direction: int) -> None:
        """Move by as many rows as are on the screen."""
        if self._following and direction > 0:
            return
        self._pause()
        row = self._book.row_of(self._cursor) + direction * max(self.page_rows - 1, 1)
        self.scroll_top(min(max(self.top + direction * max(self.page_rows - 1, 1), 0), self.last_top))
        self._move_to_row(row)

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self._following = True
        self._cursor = self._last_place()
        self._go_to_end()
        self.refresh()
        self.post_message(self.Moved())
        self._want()

    def action_first(self) -> None:
        """Go to the first line."""
        self._pause()
        self._move_to_row(0)

    def action_toggle_follow(self) -> None:
        """Stay here, or go to the end and follow it."""
        if self._following:
            self._pause()
        else:
            self.action_follow()

    def action_fold(self) -> None:
        """Fold or unfold the tracebacks of the line under the cursor."""
        line = self._book.line(self._cursor[0])
        if line is not None:
            position = self._cursor[0]
            self._pause()
            self._paint_by(replace(self._paint, turned=self._paint.turned ^ {key_of(line)}))
            self._set_cursor((position, 0))

    def action_select(self) -> None:
        """Begin to select lines at the cursor, or select none."""
        if self._anchor is None:
            self._pause()
            self._anchor = self.cursor_line
        else:
            self._anchor = None
        self.refresh()
        self.post_message(self.Moved())

    @property
    def selection(self) -> tuple[int, int] | None:
        """The positions of the first and the last line that are selected."""
        if self._anchor is None or not self._book.total:
            return None
        ends = (self._position_of(self._anchor), self._cursor[0])
        return (min(ends), max(ends))

    def _is_selected(self, position: int) -> bool:
        selection = self.selection
        return selection is not None and selection[0] <= position <= selection[1]

    def action_hit(self, direction: int) -> None:
        """Go to the next or previous place that was looked for."""
        self.post_message(self.HitAsked("find", direction))

    def action_error(self, direction: int) -> None:
        """Go to the next or previous error."""
        self.post_message(self.HitAsked("errors", direction))

    def action_warning(self, direction: int) -> None:
        """Go to the next or previous warning."""
        self.post_message(self.HitAsked("warnings", direction))

    # -- mouse ------------------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        if self.top + event.y < self._book.rows:
            self._pause()
            self._set_cursor(self._book.place_of(self.top + event.y))

    def wheel(self, rows: int) -> None:
        if rows > 0 and self.top + rows >= self.last_top and not self._following:
            self.action_follow()
        elif self.last_top:
            if rows < 0:
                self._pause()
            super().wheel(rows)
