"""A week on the wall clock of a zone: days downwards, times of day to the right. Pure.

Where clocks go forward some cells do not exist; where they go back some come twice, and hold both.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from flowtui.engine.clock import to_micros
from flowtui.engine.schedules.walls import instants_of

__all__ = ["DAYS", "Calendar", "Cell", "calendar_from"]

DAYS: Final = 7
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Cell:
    """A place on the calendar: the number of its day, and of its part of the day."""

    day: int
    slot: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Seven days from `first` on, each of `slots` parts of `minutes` minutes."""

    first: date
    zone: tzinfo
    minutes: int
    edges: tuple[float, ...]
    """When each span of time begins, in seconds since 1970; the last one is the end of all."""
    owners: tuple[Cell, ...]
    """The cell of each span of time; one that comes twice has two spans."""

    @property
    def slots(self) -> int:
        return _DAY_MINUTES // self.minutes

    @property
    def since(self) -> datetime:
        return datetime.fromtimestamp(self.edges[0], UTC)

    @property
    def until(self) -> datetime:
        return datetime.fromtimestamp(self.edges[-1], UTC)

    def span_at(self, seconds: float) -> int | None:
        """The number of the span of time that an instant lies in."""
        number = bisect_right(self.edges, seconds) - 1
        return number if 0 <= number < len(self.owners) else None

    def cell_at(self, instant: datetime) -> Cell | None:
        """The cell that an instant lies in; None before and after the week."""
        number = self.span_at(to_micros(instant) / 1_000_000)
        return None if number is None else self.owners[number]

    def spans_of(self, cell: Cell) -> list[tuple[float, float]]:
        """The spans of time of a cell: none in a gap, two where the clock shows a time twice."""
        return [
            (self.edges[number], self.edges[number + 1]) for number, owner in enumerate(self.owners) if owner == cell
        ]

    def label(self, cell: Cell) -> str:
        """`Fri 20 Nov 02:15`."""
        day = self.first + timedelta(days=cell.day)
        return f"{day:%a %d %b} {cell.slot * self.minutes // 60:02d}:{cell.slot * self.minutes % 60:02d}"


def calendar_from(first: date, zone: tzinfo, minutes: int) -> Calendar:
    """The week whose first day is `first`, in parts of `minutes` (a divisor of a day, of 15 or more)."""
    wall = datetime.combine(first, time())
    end, _, _ = instants_of(wall + timedelta(days=DAYS), zone)
    instant, _, _ = instants_of(wall, zone)
    edges: list[float] = []
    owners: list[Cell] = []
    # A quarter of an hour is the least by which any zone's clock is set; parts that belong together are joined.
    while instant < end:
        local = instant.astimezone(zone)
        cell = Cell((local.date() - first).days, (local.hour * 60 + local.minute) // minutes)
        back = bool(owners) and (cell.day, cell.slot) < (owners[-1].day, owners[-1].slot)
        if not owners or owners[-1] != cell or back:
            edges.append(instant.timestamp())
            owners.append(cell)
        instant += timedelta(minutes=15)
    return Calendar(first, zone, minutes, (*edges, end.timestamp()), tuple(owners))
