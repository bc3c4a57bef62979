"""One row of a log as a strip: time and level stay where they are, the message is moved, broken and marked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from flowtui.engine.model import LogLine
from flowtui.tui.log_text import INDENT, line_rows
from flowtui.tui.text import safe
from flowtui.tui.themes import Palette
from flowtui.tui.widgets.paint import Span, strip_of

__all__ = ["LogPaint"]

_TIME = 14
"""Cells of the time and the gap behind it."""
_MARGIN = 2


@dataclass(frozen=True, slots=True)
class LogPaint:
    """How lines are laid out and drawn; another value means that everything is drawn again."""

    zone: tzinfo | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Of task runs, by id."""
    width: int = 80
    wrap: bool = False
    times: bool = True
    pan: int = 0
    """Cells by which messages are moved to the left, when they are not broken."""
    pattern: re.Pattern[str] | None = None
    """What is marked."""

    @property
    def _indent(self) -> int:
        return INDENT if self.times else INDENT - _TIME

    @property
    def _room(self) -> int:
        """Cells for the message."""
        return max(self.width - self._indent - _MARGIN, 8)

    def height(self, line: LogLine) -> int:
        """Rows that a line takes."""
        if not self.wrap:
            return line.message.rstrip("\n").count("\n") + 1 if "\n" in line.message else 1
        return sum(self._rows_of(part) for part in line_rows(line, self.zone, self.names))

    def paint(self, line: LogLine, sub: int, palette: Palette, base: Style) -> Strip:
        """The row `sub` of a line."""
        parts = line_rows(line, self.zone, self.names)
        if not self.wrap:
            return self._row(parts[min(sub, len(parts) - 1)], self.pan, False, palette, base)
        for part in parts:
            rows = self._rows_of(part)
            if sub < rows:
                return self._row(part, sub * self._room, sub > 0, palette, base)
            sub -= rows
        return Strip.blank(self.width, base)

    def _rows_of(self, part: list[Span]) -> int:
        """Rows that one line of a message takes when it is broken."""
        cells = sum(cell_len(safe(text)) for text, _ in part[_head(part) :])
        return max(-(-cells // self._room), 1)

    def _row(self, spans: list[Span], offset: int, again: bool, palette: Palette, base: Style) -> Strip:
        """The message begins at its cell `offset`; `again` says that the row goes on with a line that was broken."""
        head = _head(spans)
        lead = [(" " * self._indent, "")] if again else self._lead(spans[:head])
        message = self._marked(strip_of(spans[head:], palette, base), palette).crop(offset, offset + self._room)
        start: list[Span] = [(" " * _MARGIN, ""), *lead]
        return Strip.join([strip_of(start, palette, base), message]).adjust_cell_length(self.width, base)

    def _lead(self, lead: list[Span]) -> list[Span]:
        if self.times:
            return lead
        return lead[1:] if len(lead) == 2 else [(" " * self._indent, "")]

    def _marked(self, strip: Strip, palette: Palette) -> Strip:
        """The message with the places that are looked for in another colour."""
        if self.pattern is None:
            return strip
        text, mark = strip.text, palette.style("strong on-match")
        pieces: list[Strip] = []
        at = 0
        for match in self.pattern.finditer(text):
            if match.end() > match.start():
                start, end = cell_len(text[: match.start()]), cell_len(text[: match.end()])
                pieces.extend((strip.crop(at, start), strip.crop(start, end).apply_style(mark)))
                at = end
        return Strip.join([*pieces, strip.crop(at, strip.cell_length)]) if pieces else strip


def _head(spans: list[Span]) -> int:
    """How many spans stand before the message: time and level, or an indent."""
    return 1 if len(spans[0][0]) == INDENT and spans[0][0].isspace() else 2
