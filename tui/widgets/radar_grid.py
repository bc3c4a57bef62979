"""The calendar of the schedule radar: seven days, and a cursor on one of their parts."""

from collections.abc import Callable, Set
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.radar.calendar import DAYS, Cell
from flowtui.tui.radar.paint import LABEL, day_line, hours_line, minutes_for
from flowtui.tui.radar.picture import Picture
from flowtui.tui.widgets.paint import palette_of, strip_of

__all__ = ["RadarGrid"]

_TALL = 26
"""From so many lines of the screen's body on, a day has two."""


class RadarGrid(Widget, can_focus=True):
    """Posts `Moved` when the cursor comes to another cell, and `Resized` when other columns fit."""

    DEFAULT_CSS = "RadarGrid { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(0, -1)", "earlier", show=False),
        Binding("right,l", "move(0, 1)", "later", show=False),
        Binding("up,k", "move(-1, 0)", "the day before", show=False),
        Binding("down,j", "move(1, 0)", "the next day", show=False),
        Binding("home,g", "move(0, -999)", "midnight", show=False),
        Binding("end,G", "move(0, 999)", "the end of the day", show=False),
    ]

    class Moved(Message):
        """The cursor is on another cell."""

    class Resized(Message):
        """Another number of columns fits."""

    def __init__(self, now: Callable[[], datetime], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._now = now
        self._picture: Picture | None = None
        self._marked: Set[Cell] = frozenset()
        self._minutes_from_midnight = 0
        self._day = 0
        self._minutes = 0

    @property
    def minutes(self) -> int:
        """Minutes of a column that fit the width."""
        return minutes_for(self.size.width)[0]

    @property
    def cell(self) -> Cell:
        """Where the cursor stands."""
        return Cell(self._day, self._minutes_from_midnight // self.minutes)

    def show(self, picture: Picture, marked: Set[Cell]) -> None:
        """Show another forecast; `marked` are the cells of the schedule that is being moved."""
        self._picture, self._marked = picture, marked
        self.refresh()

    def go_to(self, cell: Cell, minutes: int) -> None:
        """Put the cursor on a cell of a calendar whose columns have so many minutes."""
        self._day = min(max(cell.day, 0), DAYS - 1)
        self._minutes_from_midnight = cell.slot * minutes
        self._tell()

    def _tell(self) -> None:
        self.refresh()
        self.post_message(self.Moved())

    # -- painting ---------------------------------------------------------------------------------------------------

    @property
    def _rows(self) -> int:
        body = self.parent.size.height if isinstance(self.parent, Widget) else 0
        return 2 if body >= _TALL else 1

    def get_content_height(self, *_: object) -> int:
        return 1 + DAYS * self._rows

    def on_resize(self) -> None:
        if self.minutes != self._minutes:
            self._minutes = self.minutes
            self.post_message(self.Resized())

    def render_line(self, y: int) -> Strip:
        palette, width = palette_of(self), self.size.width
        minutes, cells = minutes_for(width)
        picture = self._picture
        if picture is None or picture.calendar.minutes != minutes:
            return strip_of([], palette, self.rich_style, width)
        now = self._now()
        if y == 0:
            here = picture.calendar.cell_at(now)
            return strip_of(hours_line(minutes, cells, here.slot if here else None), palette, self.rich_style, width)
        day, row = divmod(y - 1, self._rows)
        cursor = self.cell.slot if self.has_focus and day == self._day else None
        spans = day_line(picture, day, row, self._rows, cells, now, marked=self._marked, cursor=cursor)
        return strip_of(spans, palette, self.rich_style, width)

    # -- moving -----------------------------------------------------------------------------------------------------

    def action_move(self, days: int, slots: int) -> None:
        """Move the cursor; past midnight it comes to the next day."""
        minutes = self.minutes
        if abs(slots) > 100:
            self._minutes_from_midnight = 0 if slots < 0 else 24 * 60 - minutes
        else:
            total = (self._day + days) * 24 * 60 + self._minutes_from_midnight // minutes * minutes + slots * minutes
            total = min(max(total, 0), DAYS * 24 * 60 - minutes)
            self._day, self._minutes_from_midnight = divmod(total, 24 * 60)
        self._tell()

    def on_click(self, event: events.Click) -> None:
        minutes, cells = minutes_for(self.size.width)
        day, slot = (event.y - 1) // self._rows, (event.x - LABEL) // cells
        if 0 <= day < DAYS and 0 <= slot < 24 * 60 // minutes:
            self.focus()
            self._day, self._minutes_from_midnight = day, slot * minutes
            self._tell()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
