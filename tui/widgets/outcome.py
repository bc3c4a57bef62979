"""One line that says what came of something."""

from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of

__all__ = ["Outcome"]


class Outcome(Widget):
    """Shows coloured words, cut at the width."""

    DEFAULT_CSS = "Outcome { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._spans: list[Span] = []

    def show(self, spans: list[Span]) -> None:
        """Say something else."""
        if spans != self._spans:
            self._spans = spans
            self.refresh()

    def render_line(self, y: int) -> Strip:
        spans = fit([("  ", ""), *self._spans], self.size.width)
        return strip_of(spans, palette_of(self), self.rich_style, self.size.width)
