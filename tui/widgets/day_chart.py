"""The last 24 hours: how many runs ended how, and a column for each hour with its failures on top."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from textual.strip import Strip
from textual.widget import Widget

from flowtui.engine.clock import Clock
from flowtui.engine.model import HourTally
from flowtui.tui.formats import count
from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of

__all__ = ["DayChart", "Hour", "hours_of"]

_HOURS = 24
_BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Hour:
    """One column: how many ended well, and how many badly."""

    hour: datetime
    good: int = 0
    bad: int = 0

    @property
    def total(self) -> int:
        return self.good + self.bad


def hours_of(tallies: Sequence[HourTally], now: datetime) -> list[Hour]:
    """The last 24 hours, oldest first, the present one last; hours without runs are empty."""
    this = now.replace(minute=0, second=0, microsecond=0)
    known = {tally.hour: tally for tally in tallies}
    hours = []
    for back in range(_HOURS - 1, -1, -1):
        hour = this - timedelta(hours=back)
        tally = known.get(hour, HourTally(hour=hour))
        hours.append(Hour(hour, tally.completed + tally.cancelled, tally.failed + tally.crashed))
    return hours


class DayChart(Widget):
    """A line of figures, the columns, and the hours below."""

    DEFAULT_CSS = "DayChart { height: 7; }"

    def __init__(self, now: Clock, zone: tzinfo | None) -> None:
        super().__init__()
        self._now, self._zone = now, zone
        self._tallies: tuple[HourTally, ...] | None = None

    def show(self, tallies: tuple[HourTally, ...], zone: tzinfo | None) -> None:
        """Show other figures."""
        if tallies != self._tallies or zone is not self._zone:
            self._tallies, self._zone = tallies, zone
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        palette = palette_of(self)
        spans: list[Span] = []
        hours = hours_of(self._tallies or (), self._now())
        if y == 0:
            spans = self._figures(width)
        elif height >= 4 and y < height - 2:
            spans = [("  ", ""), *_columns(hours, y - 1, height - 3, _column_width(width))]
        elif height >= 4 and y == height - 2:
            spans = self._labels(hours, _column_width(width))
        return strip_of(spans, palette, self.rich_style, width)

    def _figures(self, width: int) -> list[Span]:
        tallies = self._tallies
        if tallies is None:
            return [("  Last 24 h", "muted")]
        spans: list[Span] = [("  Last 24 h", "muted"), (f"   {count(sum(t.total for t in tallies))} runs", "strong")]
        for glyph, number, role in (
            ("✔", sum(t.completed for t in tallies), "completed"),
            ("✖", sum(t.failed for t in tallies), "failed"),
            ("⚠", sum(t.crashed for t in tallies), "crashed"),
            ("◼", sum(t.cancelled for t in tallies), "cancelled"),
        ):
            if number:
                spans.append((f"   {glyph} {count(number)}", role))
        highest = max((t.total for t in tallies), default=0)
        if highest:
            note: Span = (f"busiest hour {count(highest)}", "faint")
            gap = width - width_of(spans) - width_of([note]) - 2
            if gap > 2:
                spans.extend([(" " * gap, ""), note])
        return spans

    def _labels(self, hours: Sequence[Hour], column: int) -> list[Span]:
        """Each third hour, in the zone of the clock above."""
        line = [" "] * (column * _HOURS + 2)
        for index, hour in enumerate(hours):
            local = hour.hour.astimezone(self._zone).hour
            if local % 3 == 0:
                line[index * column : index * column + 2] = f"{local:02d}"
        return [("  ", ""), ("".join(line).rstrip(), "faint")]


def _column_width(width: int) -> int:
    return max(min((width - 4) // _HOURS, 5), 1)


def _columns(hours: Sequence[Hour], row: int, rows: int, column: int) -> list[Span]:
    """One line of the columns; row 0 is the top."""
    highest = max((hour.total for hour in hours), default=0)
    spans: list[Span] = []
    for hour in hours:
        spans.extend(_cell(hour, highest, (rows - 1 - row) * 8, rows * 8, max(column - 1, 1)))
        if column > 1:
            spans.append((" ", ""))
    return spans


def _cell(hour: Hour, highest: int, low: int, full: int, width: int) -> list[Span]:
    """The part of a column between `low` and `low + 8` eighths."""
    if not hour.total:
        return [(("▁" if low == 0 else " ") * width, "ghost")]
    top = max(round(hour.total / highest * full), 2 if hour.bad else 1)
    good = min(round(top * hour.good / hour.total), top - 1 if hour.bad else top)
    good_here, all_here = min(max(good - low, 0), 8), min(max(top - low, 0), 8)
    if good_here == all_here:
        return [(_BLOCKS[all_here] * width, "completed-bar")]
    if good_here == 0:
        return [(_BLOCKS[all_here] * width, "failed")]
    # Both in one cell: the good part in front of the bad one, which then reaches the top of the cell.
    return [(_BLOCKS[good_here] * width, "completed-bar on-failed")]
