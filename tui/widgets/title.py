"""The first line of a page: where one is."""

from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of, width_of

__all__ = ["Title"]


class Title(Widget):
    """One line: words at the left, a note at the right while there is room, and an empty line below where the screen is
    tall."""

    DEFAULT_CSS = "Title { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[Span] = []
        self._note: list[Span] = []

    def show(self, spans: list[Span], note: list[Span] | None = None) -> None:
        """Other words."""
        wanted = (spans, note or [])
        if wanted != (self._spans, self._note):
            self._spans, self._note = wanted
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y:
            return strip_of([], palette_of(self), self.rich_style, width)
        spans: list[Span] = [("  ", ""), *self._spans]
        room = width - width_of(spans) - width_of(self._note) - 2
        if self._note and room > 2:
            spans.extend([(" " * room, ""), *self._note])
        return strip_of(fit(spans, width), palette_of(self), self.rich_style, width)
