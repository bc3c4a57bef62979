"""The last lines of a dialog: the keys that answer it, each with what it does, never one without the other."""

from collections.abc import Iterable, Sequence

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of, width_of

__all__ = ["KeyLine"]

_GAP = "   "
Pair = tuple[str, str]
"""A key, and what it does."""


class KeyLine(Widget):
    """As many lines as its pairs need. Where there are fewer, the last pair, which is the way out, stays."""

    DEFAULT_CSS = "KeyLine { height: auto; }"

    def __init__(self, *pairs: Pair) -> None:
        super().__init__(classes="keys")
        self._pairs = pairs

    def show(self, pairs: Iterable[Pair]) -> None:
        """Other keys."""
        if (wanted := tuple(pairs)) != self._pairs:
            self._pairs = wanted
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(_lines(self._pairs, width))

    def render_line(self, y: int) -> Strip:
        width, height = self.size.width, self.size.height
        pairs = self._pairs
        while len(_lines(pairs, width)) > height and len(pairs) > 1:
            pairs = (*pairs[:-2], pairs[-1])
        lines = _lines(pairs, width)
        spans = fit(lines[y], width) if y < len(lines) else []
        return strip_of(spans, palette_of(self), self.rich_style, width)


def _lines(pairs: Sequence[Pair], width: int) -> list[list[Span]]:
    """The pairs on lines of that width, each whole; one that is wider has a line of its own."""
    lines: list[list[Span]] = []
    for key, words in pairs:
        spans: list[Span] = [(key, "bold accent"), (f" {words}", "muted")]
        if lines and width_of([*lines[-1], (_GAP, ""), *spans]) <= width:
            lines[-1].extend([(_GAP, ""), *spans])
        else:
            lines.append(spans)
    return lines
