"""Lines that were laid out already, to scroll through."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from flowtui.tui.widgets.line_view import LineView

__all__ = ["StripView"]


class StripView(LineView):
    """Shows strips as they are, two cells from the left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_by(1)", "down", show=False, id="lines.down"),
        Binding("up,k", "scroll_by(-1)", "up", show=False, id="lines.up"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False, id="lines.pagedown"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="lines.pageup"),
        Binding("g,home", "to(0)", "first", show=False, id="lines.first"),
        Binding("G,end", "to(-1)", "last", show=False, id="lines.last"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._lines: Sequence[Strip] = ()

    def show(self, lines: Sequence[Strip], *, hold: bool = False) -> None:
        """Show other lines, from the first one on; `hold` stays where the reader is."""
        self._lines = lines
        self.virtual_size = Size(1, len(lines))
        if not hold:
            self.scroll_top(0)
        self.refresh()

    @property
    def row_count(self) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        width, line = self.line_width, self.top + y
        if line >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        base = self.rich_style
        return Strip.join([Strip.blank(2, base), self._lines[line].apply_style(base)]).crop_extend(0, width, base)

    def action_scroll_by(self, rows: int) -> None:
        """Scroll by some lines."""
        self.wheel(rows)

    def action_page(self, direction: int) -> None:
        """Scroll by as many lines as are on the screen."""
        self.wheel(direction * max(self.page_rows - 1, 1))

    def action_to(self, place: int) -> None:
        """Scroll to the first or the last line."""
        self.scroll_top(0 if place == 0 else self.last_top)
