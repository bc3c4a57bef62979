"""What is about to be done, and the key that keeps it from being done: one line above the keys."""

from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of, width_of

__all__ = ["GraceLine"]


class GraceLine(Widget):
    """Hidden while nothing is waiting."""

    DEFAULT_CSS = "GraceLine { height: 1; display: none; background: $surface; } GraceLine.-waiting { display: block; }"

    def __init__(self) -> None:
        super().__init__()
        self._words = ""

    def show(self, words: str) -> None:
        """Other words; none hide the line."""
        if words != self._words:
            self._words = words
            self.set_class(bool(words), "-waiting")
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, key = self.size.width, [("   u ", "strong"), ("keeps it ", "muted")]
        words: list[Span] = [(" ◷ ", "late"), (self._words, "late")]
        room = min(width_of(words), max(width - width_of(key), 0))
        return strip_of(fit([*fit(words, room), *key], width), palette_of(self), self.rich_style, width)
