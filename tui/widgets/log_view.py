"""A log of any length: it follows the end, holds still when one reads, and paints only what is on the screen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from flowtui.engine.model import LogLine
from flowtui.tui.log_book import LogBook, Place
from flowtui.tui.log_search import Hits
from flowtui.tui.themes import Palette
from flowtui.tui.widgets.line_view import LineView
from flowtui.tui.widgets.log_paint import LogPaint
from flowtui.tui.widgets.paint import palette_of, strip_of

__all__ = ["LogView"]

_AHEAD = 60
"""Lines beyond the screen that are read before they are needed."""


class LogView(LineView):
    """Shows what it was given by `take`, and asks for the rest by `Wanted`. While it follows, the end of the log is
    at the end of the screen; moving up stops that, moving to the end takes it up again.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "find", id="log.find"),
        Binding("n", "hit(1)", "next", show=False, id="log.next"),
        Binding("N", "hit(-1)", "previous", show=False, id="log.previous"),
        Binding("e", "error(1)", "error", id="log.error"),
        Binding("E", "error(-1)", "previous error", show=False, id="log.previous-error"),
        Binding("G,end", "follow", "end, follow", show=False, id="log.end"),
        Binding("g,home", "first", "first", show=False, id="log.first"),
        Binding("j,down", "move(1)", "down", show=False, id="log.down"),
        Binding("k,up", "move(-1)", "up", show=False, id="log.up"),
        Binding("pagedown,ctrl+d,space", "page(1)", "page down", show=False, id="log.pagedown"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="log.pageup"),
        Binding("left", "pan(-8)", "left", show=False, id="log.left"),
        Binding("right", "pan(8)", "right", show=False, id="log.right"),
        Binding("w", "wrap", "wrap", id="log.wrap"),
        Binding("t", "times", "times", show=False, id="log.times"),
    ]

    class Wanted(Message):
        """These lines are (about to be) on the screen and not loaded: starts and how many."""

        def __init__(self, view: "LogView", ranges: Sequence[tuple[int, int]]) -> None:
            super().__init__()
            self.view, self.ranges = view, tuple(ranges)

    class Moved(Message):
        """Another line is under the cursor, or following began or ended, or lines came in unseen."""

    class FindAsked(Message):
        """`/` was pressed."""

    class HitAsked(Message):
        """The next (1) or previous (-1) hit of the find, or error, is wanted."""

        def __init__(self, kind: str, direction: int) -> None:
            super().__init__()
            self.kind, self.direction = kind, direction

    def __init__(self, zone: tzinfo | None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._paint = LogPaint(zone)
        self._book = LogBook(self._paint.height)
        self._following = True
        self._paused_at = 0
        self._cursor: Place = (0, 0)
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(2000)
        self._empty = ""

    # -- what it shows ----------------------------------------------------------------------------------------------

    @property
    def book(self) -> LogBook:
        """The lines."""
        return self._book

    @property
    def following(self) -> bool:
        """True while the end of the log is held on the screen."""
        return self._following

    @property
    def unseen(self) -> int:
        """Lines that came in since following ended."""
        return 0 if self._following else max(self._book.total - self._paused_at, 0)

    @property
    def cursor_line(self) -> int:
        """The number of the line under the cursor."""
        return self._cursor[0]

    def say(self, words: str) -> None:
        """What stands there while the log is empty."""
        if words != self._empty:
            self._empty = words
            self.refresh()

    def take(self, start: int, lines: Sequence[LogLine], total: int) -> None:
        """Show lines `start`, `start + 1`, …; the log has `total` by now."""
        book, old_total, old_rows = self._book, self._book.total, self._book.rows
        top = book.place_of(self.top)
        book.take(start, lines, total)
        for number in range(start, start + len(lines)):
            if number < old_total:  # was painted as missing
                self._forget(number)
        self._resize()
        if self._following:
            self._cursor = self._last_place()
            self._go_to_end()
            if self.top == 0 and book.rows <= self.page_rows:
                self.refresh_span(max(old_rows - 1, 0), book.rows)
        else:
            self.scroll_top(book.row_of(top))
            self._refresh_lines(start, start + len(lines))
        if book.total != old_total:
            self.post_message(self.Moved())
        self._want()

    def show_hits(self, hits: Hits | None) -> None:
        """Mark what was found."""
        self._paint_by(replace(self._paint, pattern=hits.finder.pattern if hits is not None else None))

    def set_zone(self, zone: tzinfo | None) -> None:
        """Show times in another zone."""
        self._paint_by(replace(self._paint, zone=zone))

    def set_names(self, names: Mapping[str, str]) -> None:
        """The names of task runs by id; their lines begin with them."""
        self._paint_by(replace(self._paint, names=names))

    def _paint_by(self, paint: LogPaint) -> None:
        """Draw lines in another way. The line at the top stays at the top."""
        if paint == self._paint:
            return
        old, self._paint = self._paint, paint
        self._strips.clear()
        self.refresh()
        if old.wrap or paint.wrap:
            top = self._book.place_of(self.top)
            self._book.measure_again(paint.height)
            self._cursor = (self._cursor[0], 0)
            self._resize()
            if self._following:
                self._go_to_end()
            else:
                self.scroll_top(self._book.row_of((top[0], 0)))

    def move_to_line(self, number: int) -> None:
        """Put the cursor on a line and bring it to the middle of the screen when it is not in sight."""
        self._pause()
        self._set_cursor((number, 0))
        row = self._book.row_of(self._cursor)
        if not self.top <= row < self.top + self.page_rows:
            self.scroll_top(max(row - self.page_rows // 2, 0))
        self._want()

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
            self.post_message(self.Wanted(self, ranges))

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
        strip = self._strips.get(place) or self._draw(place, palette)
        if place == self._cursor and not self._following:
            strip = strip.apply_style(palette.style("on-cursor" if self.has_focus else "on-cursor-off"))
            if self.has_focus:
                bar = strip_of([("▌", "accent on-cursor")], palette, self.rich_style)
                strip = Strip.join([bar, strip.crop(1, width)])
        return strip

    def _draw(self, place: Place, palette: Palette) -> Strip:
        """A row from its line. What is not loaded is a dot, until it is."""
        line = self._book.line(place[0])
        if line is None:
            return strip_of([("  ·", "faint")], palette, self.rich_style, self.line_width)
        self._book.touch(place[0])
        if self._paint.width != self.line_width:  # the scrollbar came or went
            self._paint = replace(self._paint, width=self.line_width)
        strip = self._paint.paint(line, place[1], palette, self.rich_style)
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
            self._following, self._paused_at = False, self._book.total
            self._refresh_place(self._cursor)
            self.post_message(self.Moved())

    def _set_cursor(self, place: Place) -> None:
        old, self._cursor = self._cursor, place
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

    def action_pan(self, by: int) -> None:
        """Move long lines sideways."""
        if not self._paint.wrap:
            self._paint_by(replace(self._paint, pan=max(self._paint.pan + by, 0)))

    def action_wrap(self) -> None:
        """Break long lines at the width, or not."""
        self._paint_by(replace(self._paint, wrap=not self._paint.wrap, pan=0))

    def action_times(self) -> None:
        """Show or hide the times."""
        self._paint_by(replace(self._paint, times=not self._paint.times))

    def action_find(self) -> None:
        """Look for something."""
        self.post_message(self.FindAsked())

    def action_hit(self, direction: int) -> None:
        """Go to the next or previous place that was looked for."""
        self.post_message(self.HitAsked("find", direction))

    def action_error(self, direction: int) -> None:
        """Go to the next or previous error."""
        self.post_message(self.HitAsked("error", direction))

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
