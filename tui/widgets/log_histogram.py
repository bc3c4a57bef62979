"""One row above a log: when how much was written, with warnings and errors in their colours. A click goes there."""

from bisect import bisect_left
from math import log2

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.engine.model import LogLine
from flowtui.tui.logs.histogram import Column, Histogram
from flowtui.tui.widgets.paint import Span, palette_of, strip_of

__all__ = ["LogHistogram"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_MARGIN = 2


class LogHistogram(Widget):
    """Shows a `Histogram` that somebody else fills; `Scrubbed` says to which line to go."""

    DEFAULT_CSS = "LogHistogram { height: 1; }"

    class Scrubbed(Message):
        """A moment was chosen; `line` is its first line."""

        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[Column] = []
        self._firsts: list[int] = []
        self._here: int | None = None

    @property
    def columns(self) -> list[Column]:
        """What it shows."""
        return self._columns

    def show(self, histogram: Histogram, line: LogLine | None) -> None:
        """Show these counts, and where the line under the cursor is."""
        width = max(self.size.width - 2 * _MARGIN, 1)
        columns = histogram.columns(width)
        here = histogram.column_of(line, width) if line is not None else None
        if (columns, here) != (self._columns, self._here):
            self._columns, self._here = columns, here
            self._firsts = [column.first for column in columns if column.first >= 0]
            self.refresh()

    def step(self, line: int, direction: int) -> int | None:
        """The first line of the next (1) or this or the last (-1) column that has any, seen from a line."""
        at = bisect_left(self._firsts, line + 1) if direction > 0 else bisect_left(self._firsts, line) - 1
        return self._firsts[at] if 0 <= at < len(self._firsts) else None

    def render_line(self, y: int) -> Strip:
        palette = palette_of(self)
        most = max((column.lines for column in self._columns), default=0)
        spans: list[Span] = [(" " * _MARGIN, "")]
        for x, column in enumerate(self._columns):
            spans.append(_cell(column, most, x == self._here))
        return strip_of(spans, palette, self.rich_style, self.size.width)

    def on_click(self, event: events.Click) -> None:
        at = event.x - _MARGIN
        for column in self._columns[max(at, 0) :]:
            if column.first >= 0:
                self.post_message(self.Scrubbed(column.first))
                return


def _cell(column: Column, most: int, here: bool) -> Span:
    """A block as high as the logarithm of its lines: one error among a thousand lines is still seen."""
    role = "error" if column.errors else "warning" if column.warnings else "muted"
    if not column.lines:
        return ("▁", "accent") if here else ("▁", "rule")
    height = round(log2(column.lines + 1) / log2(most + 1) * (len(_BLOCKS) - 1)) if most > 1 else 3
    return (_BLOCKS[max(height, 1)], f"bold {role} on-cursor" if here else role)
