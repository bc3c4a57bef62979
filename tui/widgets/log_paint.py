"""One row of a log as a strip: time and level stay where they are, the message is moved, broken and marked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from flowtui.engine.model import LogLine
from flowtui.tui.log_text import LEVEL_CELLS, LineRow, body_role, coloured, level_role, level_word, task_span
from flowtui.tui.logs.hits import hits_in
from flowtui.tui.logs.template import Template, field_text
from flowtui.tui.logs.times import CELLS, TimeMode, time_text
from flowtui.tui.logs.tracebacks import MessageRow, message_rows
from flowtui.tui.text import safe
from flowtui.tui.themes import Palette
from flowtui.tui.widgets.paint import Span, laid_over, strip_of

__all__ = ["LineKey", "LogPaint", "key_of"]

_MARGIN = 2
_NARROW = 56
"""Below so many cells a line has no room for milliseconds and whole words of levels."""
_SECONDS = len("14:02:31")
_LETTER = len("E  ")
LineKey = tuple[datetime, str]
"""What a line is known by to say that it alone is folded otherwise than the rest."""


def key_of(line: LogLine) -> LineKey:
    """The key of a line: when it was written, and its message."""
    return (line.timestamp, line.message)


@dataclass(frozen=True, slots=True)
class LogPaint:
    """How lines are laid out and drawn; another value means that everything is drawn again."""

    zone: tzinfo | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Of task runs, by id."""
    sources: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of a merged log: by the flow run's id, the name and the role of its colour."""
    width: int = 80
    wrap: bool = False
    times: TimeMode = "clock"
    origin: datetime | None = None
    """When the run began: what times count from that are relative."""
    template: Template = ()
    """What stands in a line; empty is level, task and message."""
    folds: bool = True
    """Whether tracebacks are one row."""
    turned: frozenset[LineKey] = frozenset()
    """Lines whose tracebacks are folded otherwise."""
    pan: int = 0
    """Cells by which messages are moved to the left, when they are not broken."""
    pattern: str = ""
    """The expression that is looked for: where it is found is marked."""

    @property
    def _narrow(self) -> bool:
        """Whether time and level are written short, so that there is room for the message."""
        return self.width < _NARROW

    @property
    def _indent(self) -> int:
        times = 0 if self.times == "off" else _SECONDS + 2 if self._narrow and self.times == "clock" else CELLS + 2
        return times + (0 if self.template else _LETTER if self._narrow else LEVEL_CELLS)

    @property
    def _room(self) -> int:
        """Cells for the message."""
        return max(self.width - self._indent - _MARGIN, 8)

    def height(self, line: LogLine) -> int:
        """Rows that a line takes."""
        if self.wrap:
            return sum(self._rows_of(row) for row in self.rows(line))
        return len(self._parts(line)) if "\n" in line.message else 1

    def shape_differs(self, other: "LogPaint") -> bool:
        """Whether lines may take other numbers of rows."""
        if (self.folds, self.turned) != (other.folds, other.turned):
            return True
        return (self.wrap or other.wrap) and self != other

    def paint(self, line: LogLine, sub: int, palette: Palette, base: Style, before: datetime | None = None) -> Strip:
        """The row `sub` of a line; `before` is the time of the line before it."""
        rows = self.rows(line, before)
        if not self.wrap:
            return self._row(rows[min(sub, len(rows) - 1)], self.pan, False, palette, base)
        for row in rows:
            count = self._rows_of(row)
            if sub < count:
                return self._row(row, sub * self._room, sub > 0, palette, base)
            sub -= count
        return Strip.blank(self.width, base)

    def row_at(self, line: LogLine, sub: int) -> LineRow | None:
        """What stands in the row `sub` of a line."""
        for row in self.rows(line):
            count = self._rows_of(row) if self.wrap else 1
            if sub < count:
                return row
            sub -= count
        return None

    def is_folded(self, line: LogLine) -> bool:
        """Whether the tracebacks of a line are one row."""
        return self.folds is not (bool(self.turned) and key_of(line) in self.turned)

    def rows(self, line: LogLine, before: datetime | None = None) -> list[LineRow]:
        """One for each line of the message; the first carries time and level, the others are indented."""
        found = []
        for number, part in enumerate(self._parts(line)):
            lead: list[Span] = [(" " * self._indent, "")]
            if number == 0:
                lead = self._lead(line, before)
            found.append(LineRow(lead, self._body(line, part, number == 0), part.frame))
        return found

    def _parts(self, line: LogLine) -> tuple[MessageRow, ...]:
        return message_rows(line.message, self.is_folded(line))

    def _lead(self, line: LogLine, before: datetime | None) -> list[Span]:
        lead: list[Span] = []
        if self.times != "off":
            text = time_text(self.times, line.timestamp, self.zone, self.origin, before)
            short = self._narrow and self.times == "clock"
            lead.append((f"{text[:_SECONDS] if short else text:>{_SECONDS if short else CELLS}}  ", "faint"))
        if not self.template:
            word = level_word(line.level)
            lead.append((f"{word[0]}  " if self._narrow else f"{word:<8}  ", level_role(line.level)))
        return lead

    def _body(self, line: LogLine, part: MessageRow, first: bool) -> list[Span]:
        role = "muted" if part.folded else body_role(line.level)
        body = coloured(part.text, role)
        if not first:
            return body
        if self.template:
            body = self._by_template(line, body)
        else:
            body = [*task_span(line, self.names), *body]
        source = self.sources.get(line.flow_run_id or "")
        return [(f"{source[0]}  ", source[1]), *body] if source is not None else body

    def _by_template(self, line: LogLine, message: list[Span]) -> list[Span]:
        spans: list[Span] = []
        for text, is_field in self.template:
            if not is_field:
                spans.append((text, "faint"))
            elif text == "message":
                spans.extend(message)
            elif text == "time":
                spans.append((time_text("clock", line.timestamp, self.zone, None, None), "faint"))
            elif text == "level":
                spans.append((f"{level_word(line.level):<8}", level_role(line.level)))
            else:
                task = self.names.get(line.task_run_id or "", "")
                spans.append((field_text(line, text, task), "info"))
        return spans

    def _rows_of(self, row: LineRow) -> int:
        """Rows that one line of a message takes when it is broken."""
        cells = sum(cell_len(safe(text)) for text, _ in row.body)
        return max(-(-cells // self._room), 1)

    def _row(self, row: LineRow, offset: int, again: bool, palette: Palette, base: Style) -> Strip:
        """The message begins at its cell `offset`; `again` says that the row goes on with a line that was broken."""
        lead = [(" " * self._indent, "")] if again else row.lead
        body = self._marked(strip_of(row.body, palette, base), palette)
        message = body.crop(offset, offset + self._room)
        if not self.wrap and body.cell_length > offset + self._room:  # it goes on at the right
            more = strip_of([("… ", "faint")], palette, base)  # marks stand in the last cell
            message = Strip.join([message.crop(0, self._room - 2), more])
        start: list[Span] = [(" " * _MARGIN, ""), *lead]
        return Strip.join([strip_of(start, palette, base), message]).adjust_cell_length(self.width, base)

    def _marked(self, strip: Strip, palette: Palette) -> Strip:
        """The message with the places that are looked for in another colour."""
        if not self.pattern:
            return strip
        text, mark = strip.text, palette.style("strong on-match")
        pieces: list[Strip] = []
        at = 0
        for first, last in hits_in(self.pattern, text):
            if last > first:
                start, end = cell_len(text[:first]), cell_len(text[:last])
                pieces.extend((strip.crop(at, start), laid_over(strip.crop(start, end), mark)))
                at = end
        return Strip.join([*pieces, strip.crop(at, strip.cell_length)]) if pieces else strip
