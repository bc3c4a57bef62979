"""What lists of any length share: rows on the line API, scrolled by whole rows, repainted one by one."""

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

__all__ = ["LineView"]

_WHEEL = 3
"""Rows that one turn of the wheel scrolls."""


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """Subclasses paint rows by `render_line` and say how many there are."""

    DEFAULT_CSS = "LineView { overflow-x: hidden; overflow-y: auto; background: $background; }"

    head = 0
    """Lines at the top that do not scroll."""
    _painting: tuple[Style, int] | None = None
    """What all lines have in common that are painted now."""

    @property
    def row_count(self) -> int:
        """Rows that can be scrolled through."""
        raise NotImplementedError

    @property
    def top(self) -> int:
        """The first row on the screen."""
        return self.scroll_offset.y

    @property
    def last_top(self) -> int:
        """The first row on the screen when it is scrolled to the end."""
        return max(self.row_count - self.page_rows, 0)

    @property
    def page_rows(self) -> int:
        """Rows that fit on the screen."""
        return max(self.size.height - self.head, 0)

    @property
    def line_width(self) -> int:
        """Cells of a line, without the scrollbar."""
        return self.scrollable_content_region.width if self._painting is None else self._painting[1]

    @property
    def rich_style(self) -> Style:
        return super().rich_style if self._painting is None else self._painting[0]

    def render_lines(self, crop: Region) -> list[Strip]:
        # Textual finds these two out again for each line, which takes a third of the time that painting it does.
        self._painting = self.rich_style, self.line_width
        try:
            return super().render_lines(crop)
        finally:
            self._painting = None

    def scroll_top(self, row: int) -> None:
        """Make this the first row on the screen. At once: what is put off would be compared with where it still is."""
        if row != self.top:
            self.scroll_to(y=row, animate=False, force=True, immediate=True)

    def bring_into_sight(self, row: int) -> None:
        """Scroll as little as shows the row."""
        page = self.page_rows
        if page <= 0:
            return
        if row < self.top:
            self.scroll_top(row)
        elif row >= self.top + page:
            self.scroll_top(row - page + 1)

    def refresh_span(self, first: int, end: int) -> None:
        """Paint rows `first` … `end - 1` again, as far as they are on the screen, and nothing else."""
        first, end = max(first - self.top, 0), min(end - self.top, self.page_rows)
        if first < end:
            self.refresh(Region(0, first + self.head, self.line_width, end - first))

    def wheel(self, rows: int) -> None:
        """The wheel was turned."""
        self.scroll_top(min(max(self.top + rows, 0), self.last_top))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.wheel(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.wheel(-_WHEEL)
