"""How far Home looks back: the span of time, its bars, and how many runs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from flowtui.engine.model import HourTally

__all__ = ["DAY", "LATEST", "WEEK", "Bar", "Window", "bars_of", "ended_within", "label_of", "started_within"]

LATEST: Final = 30
"""How many of the runs that ended last are listed."""
_HOUR: Final = timedelta(hours=1)
_SIZES: Final = (1, 2, 3, 4, 6, 8, 12, 24)
"""Hours that a bar may stand for."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time that ends now, with the hour that is under way."""

    name: str
    hours: int

    def start(self, now: datetime) -> datetime:
        """Where it begins: at a full hour."""
        return _full_hour(now) - (self.hours - 1) * _HOUR

    def end(self, now: datetime) -> datetime:
        """The end of the hour that is under way."""
        return _full_hour(now) + _HOUR


DAY: Final = Window("24 h", 24)
WEEK: Final = Window("7 d", 7 * 24)


@dataclass(frozen=True, slots=True)
class Bar:
    """One or several hours: how many runs ended in them, well and badly."""

    start: datetime
    end: datetime
    good: int = 0
    bad: int = 0

    @property
    def total(self) -> int:
        return self.good + self.bad


def bars_of(tallies: Sequence["HourTally"], window: Window, now: datetime, zone: tzinfo | None, most: int) -> list[Bar]:
    """At most `most` bars, oldest first; those of several hours begin at round hours of the clock in `zone`."""
    since, until = window.start(now), window.end(now)
    hours = next((size for size in _SIZES if -(-window.hours // size) + (size > 1) <= most), _SIZES[-1])
    start = _round_hour(since, hours, zone)
    ends = [(tally.hour, tally.completed + tally.cancelled, tally.failed + tally.crashed) for tally in tallies]
    bars: list[Bar] = []
    while start < until:
        end = start + hours * _HOUR
        inside = [(good, bad) for hour, good, bad in ends if max(start, since) <= hour < end]
        bars.append(Bar(max(start, since), min(end, until), sum(g for g, _ in inside), sum(b for _, b in inside)))
        start = end
    return bars


def _full_hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _round_hour(instant: datetime, hours: int, zone: tzinfo | None) -> datetime:
    """The last time at or before `instant` whose hour of the clock is a multiple of `hours`."""
    while instant.astimezone(zone).hour % hours:
        instant -= _HOUR
    return instant


def label_of(bar: Bar, window: Window, zone: tzinfo | None) -> str:
    """`Fri 13:00 – 14:00`, on the clock of the zone."""
    start, end = bar.start.astimezone(zone), bar.end.astimezone(zone)
    return f"{start:%H:%M} – {end:%H:%M}" if window is DAY else f"{start:%a %d %H:%M} – {end:%H:%M}"


def ended_within(start: datetime, end: datetime) -> str:
    """The query for runs that ended from `start` on and before `end`."""
    return f"end>={_word(start)} end<{_word(end)}"


def started_within(start: datetime, end: datetime) -> str:
    """The query for runs that started from `start` on and before `end`."""
    return f"start>={_word(start)} start<{_word(end)}"


def _word(instant: datetime) -> str:
    shape = "%Y-%m-%dT%H:%MZ" if not instant.second and not instant.microsecond else "%Y-%m-%dT%H:%M:%SZ"
    return instant.astimezone(UTC).strftime(shape)
