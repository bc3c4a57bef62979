"""The title of a list: a word, and a figure behind it."""

from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of

__all__ = ["Heading"]


class Heading(Widget):
    """One quiet line."""

    DEFAULT_CSS = "Heading { height: 1; }"

    def __init__(self, words: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._spans: list[Span] = [("  ", ""), (words, "muted")]

    def show(self, words: str, figure: str, role: str) -> None:
        """Other words, and a figure in the colour of a role."""
        spans: list[Span] = [("  ", ""), (words, "muted"), (f"  {figure}", role)]
        if spans != self._spans:
            self._spans = spans
            self.refresh()

    def render_line(self, y: int) -> Strip:
        return strip_of(fit(self._spans, self.size.width), palette_of(self), self.rich_style, self.size.width)
