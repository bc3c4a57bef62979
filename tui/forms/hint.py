"""The line below a form: what the field at hand is for."""

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.text import safe
from flowtui.tui.widgets.paint import Span, clip, palette_of, strip_of, width_of

__all__ = ["Hint"]


class Hint(Widget):
    """One line of words under a rule. The first piece gives way when there is too little room."""

    DEFAULT_CSS = "Hint { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[Span] = []

    def show(self, spans: list[Span]) -> None:
        """Say something else."""
        if spans != self._spans:
            self._spans = spans
            self.refresh()

    def render_line(self, y: int) -> Strip:
        palette, width = palette_of(self), self.size.width
        if y == 0:
            return strip_of([("─" * width, "rule")], palette, self.rich_style, width)
        spans = [span for span in self._spans if span[0]]
        spans[:1] = [(spans[0][0].lstrip(), spans[0][1])] if spans else []
        over = width_of(spans) + 3 - width
        if over > 0 and spans:
            first = safe(spans[0][0])
            spans[0] = (clip(first, max(cell_len(first) - over, 10)), spans[0][1])
        return strip_of([("  ", ""), *spans], palette, self.rich_style, width)
