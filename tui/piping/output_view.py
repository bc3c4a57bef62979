"""What a command has written, line by line: its colours kept, everything else that a terminal could obey shown."""

import codecs
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from flowtui.tui.sgr import parse_sgr
from flowtui.tui.widgets.line_view import LineView
from flowtui.tui.widgets.paint import Span, palette_of, strip_of

__all__ = ["OutputView"]

_MOST: Final = 100_000
"""Lines that are kept; of more, the first go."""


class OutputView(LineView):
    """Follows its end until one scrolls up. `role` colours what brings no colour of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", show=False, id="output.down"),
        Binding("k,up", "scroll(-1)", "up", show=False, id="output.up"),
        Binding("pagedown,ctrl+d,space", "page(1)", "page down", show=False, id="output.pagedown"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="output.pageup"),
        Binding("g,home", "edge(0)", "first", show=False, id="output.first"),
        Binding("G,end", "edge(1)", "last", show=False, id="output.last"),
        Binding("left", "pan(-8)", "left", show=False, id="output.left"),
        Binding("right", "pan(8)", "right", show=False, id="output.right"),
        Binding("y", "copy", "copy", id="output.copy"),
    ]

    def __init__(self, role: str = "text", *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._role = role
        self._lines: list[str] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._open = False
        self._pan = 0
        self.dropped = 0
        """Lines that are no longer kept."""

    @property
    def lines(self) -> list[str]:
        """What is kept, as it was written."""
        return self._lines

    @property
    def row_count(self) -> int:
        return len(self._lines)

    def clear(self) -> None:
        """Forget everything."""
        self._lines, self._open, self._pan, self.dropped = [], False, 0, 0
        self._decoder.reset()
        self._resize()
        self.scroll_top(0)

    def write(self, data: bytes) -> None:
        """More was written; a line goes on until it is ended."""
        text = self._decoder.decode(data).replace("\r\n", "\n")
        if not text:
            return
        at_end = self.top >= self.last_top
        parts = text.split("\n")
        if self._open and self._lines:
            self._lines[-1] += parts.pop(0)
            if not parts:
                self.refresh()
                return
        self._open = parts[-1] != ""
        self._lines.extend(parts if self._open else parts[:-1])
        extra = len(self._lines) - _MOST
        if extra > 0:
            del self._lines[:extra]
            self.dropped += extra
        self._resize()
        if at_end:
            self.scroll_top(self.last_top)

    def _resize(self) -> None:
        self.virtual_size = Size(1, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        palette, width = palette_of(self), self.line_width
        row = self.top + y
        if row >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        text = self._lines[row].rsplit("\r", 1)[-1].expandtabs(8)
        spans: list[Span] = [(piece, style if style else self._role) for piece, style in parse_sgr(text)]
        line = strip_of(spans, palette, self.rich_style).crop(self._pan)
        return Strip.join([strip_of([("  ", "")], palette, self.rich_style), line]).adjust_cell_length(
            width, self.rich_style
        )

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.wheel(by)

    def action_page(self, direction: int) -> None:
        """Scroll by as many lines as are on the screen."""
        self.wheel(direction * max(self.page_rows - 1, 1))

    def action_edge(self, end: int) -> None:
        """Go to the beginning or the end."""
        self.scroll_top(self.last_top if end else 0)

    def action_pan(self, by: int) -> None:
        """Move long lines sideways."""
        self._pan = max(self._pan + by, 0)
        self.refresh()

    def action_copy(self) -> None:
        """Copy everything."""
        from flowtui.tui.piping.clipboard import copy  # noqa: PLC0415 - only when it is asked for

        copy(self.app, "\n".join(self._lines))
