"""A place in the time of a run that moves: by what happened, by parts of the whole, or as a film does. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

__all__ = ["SPEEDS", "Playhead"]

SPEEDS: Final = (1, 2, 5, 10, 20, 50, 100)
_BEFORE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Playhead:
    """At `moment` between the first and the last of `moments`, the instants at which anything happened, in order."""

    moments: tuple[datetime, ...]
    end: datetime
    """Where the time of the run ends: with what happened last, or now while it lives."""
    moment: datetime
    speed: int = SPEEDS[0]
    playing: bool = False

    @classmethod
    def over(cls, moments: Sequence[datetime], end: datetime, begun: datetime | None = None) -> "Playhead | None":
        """At the end of a run; None when nothing has happened in it. `begun` is when the run began: what was long
        before, such as that it was scheduled the day before, is left out."""
        if not moments:
            return None
        end = max(end, moments[-1])
        return cls(_of_the_run(moments, end, begun), end, end)

    @property
    def start(self) -> datetime:
        """When the first thing happened."""
        return self.moments[0]

    @property
    def seconds(self) -> float:
        """How long the run took, or has been going on."""
        return max((self.end - self.start).total_seconds(), 1e-6)

    @property
    def part(self) -> float:
        """Where it is, 0 … 1."""
        return (self.moment - self.start).total_seconds() / self.seconds

    @property
    def number(self) -> int:
        """How many of the moments have passed."""
        return bisect_right(self.moments, self.moment)

    def to(self, moment: datetime) -> "Playhead":
        """At another moment, not beyond the ends."""
        return replace(self, moment=min(max(moment, self.start), self.end))

    def stepped(self, by: int) -> "Playhead":
        """At the next moment at which anything happened, or the one before."""
        if by > 0:
            place = bisect_right(self.moments, self.moment)
            return self.to(self.moments[place] if place < len(self.moments) else self.end)
        place = bisect_left(self.moments, self.moment) - 1
        return self.to(self.moments[max(place, 0)])

    def jumped(self, parts: float) -> "Playhead":
        """Moved by a part of the whole."""
        return self.to(self.moment + timedelta(seconds=self.seconds * parts))

    def played(self, seconds: float) -> "Playhead":
        """As it is after so many seconds of a film; at the end it stops."""
        if not self.playing:
            return self
        moved = self.to(self.moment + timedelta(seconds=seconds * self.speed))
        return replace(moved, playing=moved.moment < moved.end)

    def switched(self) -> "Playhead":
        """Playing, or no longer; from the start when it is at the end."""
        if self.playing:
            return replace(self, playing=False)
        begin = self.to(self.start) if self.moment >= self.end else self
        return replace(begin, playing=True)

    def faster(self, by: int) -> "Playhead":
        """With the next speed, or the one before."""
        place = SPEEDS.index(self.speed) + by
        return replace(self, speed=SPEEDS[min(max(place, 0), len(SPEEDS) - 1)])

    def grown(self, moments: Sequence[datetime], end: datetime) -> "Playhead":
        """Over a run that went on meanwhile; it stays where it is."""
        if not moments:
            return self
        known = tuple(moment for moment in moments if moment >= self.start)
        return replace(self, moments=known, end=max(end, moments[-1]))


def _of_the_run(moments: Sequence[datetime], end: datetime, begun: datetime | None) -> tuple[datetime, ...]:
    """The moments from shortly before its beginning on: by a tenth of what it took."""
    if begun is None:
        return tuple(moments)
    first = begun - _BEFORE * max(end - begun, timedelta(0))
    return tuple(moment for moment in moments if moment >= first) or tuple(moments)
