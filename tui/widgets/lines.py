"""A few painted lines, as high as they are many."""

from collections.abc import Sequence

from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import Spans, fit, palette_of, strip_of

__all__ = ["Lines"]


class Lines(Widget):
    """Text that nobody scrolls through; what is too long for a line is cut."""

    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._lines: tuple[Spans, ...] = ()

    def show(self, lines: Sequence[Spans]) -> None:
        """Other lines."""
        if (wanted := tuple(lines)) != self._lines:
            taller = len(wanted) != len(self._lines)
            self._lines = wanted
            self.refresh(layout=taller)

    def get_content_height(self, *_: object) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        spans: Spans = self._lines[y] if y < len(self._lines) else ()
        return strip_of(fit([("  ", ""), *spans], width), palette_of(self), self.rich_style, width)
