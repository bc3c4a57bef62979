"""From schedules to instants, within bounds: the schedules of a workspace cost the same whether they fire by the day or
by the second. Pure.

One that fires seldom is expanded exactly. One that fires so often that a week of it would be thousands of instants is
looked at once for each span of the calendar, and counts there with its rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules.base import Schedule
from flowtui.tui.radar.calendar import Calendar
from flowtui.tui.radar.plan import Planned

__all__ = ["Dense", "Expansion", "Fire", "expand"]

_EXACT: Final = 1_400
"""Instants of one schedule in a week that are expanded: every 7 minutes, and seldomer."""
_MOST: Final = 20_000
"""Instants of all schedules: a second of work. Schedules for which no room is left are left out, and said to be."""
_MOST_DENSE: Final = 40
"""Schedules that are looked at in each span: 40 ms each."""
_LOOKED_AT: Final = 12
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Fire:
    """An instant of a schedule, in seconds since 1970."""

    at: float
    source: int
    """The number of its schedule."""


@dataclass(frozen=True, slots=True)
class Dense:
    """A schedule that counts with its rate: how often it fires in each span of the calendar."""

    source: int
    per_second: float
    spans: tuple[bool, ...]
    """In which spans it fires."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What all schedules do within the week."""

    fires: tuple[Fire, ...] = ()
    """By time, then by the number of their schedule."""
    dense: tuple[Dense, ...] = ()
    left_out: tuple[int, ...] = ()
    """Schedules for which there was no room, and those that cannot be read."""


def expand(planned: Sequence[Planned], calendar: Calendar, now: datetime) -> Expansion:
    """The fires from now on (not those of the past) to the end of the calendar."""
    now = now.astimezone(UTC)
    # From the full hour on, so that what was expanded a moment ago need not be expanded again.
    since = max(now.replace(minute=0, second=0, microsecond=0), calendar.since) - _TICK
    fires: list[Fire] = []
    dense: list[Dense] = []
    left_out: list[int] = []
    for number, one in enumerate(planned):
        try:
            found = _exactly(one.schedule, one.deployment_id, since, calendar.until) if len(fires) < _MOST else ()
            if found is None and len(dense) < _MOST_DENSE:
                dense.append(Dense(number, *_densely(one.schedule, one.deployment_id, since, calendar.edges)))
            elif found is None or len(fires) + len(found) > _MOST or len(fires) == _MOST:
                left_out.append(number)
            else:
                fires.extend(Fire(at, number) for at in found if at > now.timestamp())
        except ScheduleError:
            left_out.append(number)  # it was valid when it was saved
    fires.sort(key=lambda fire: (fire.at, fire.source))
    return Expansion(tuple(fires), tuple(dense), tuple(left_out))


@lru_cache(maxsize=4_096)
def _exactly(schedule: Schedule, hash_id: str, since: datetime, until: datetime) -> tuple[float, ...] | None:
    """All instants; None when there are too many."""
    first = schedule.next_fires(since, _LOOKED_AT, hash_id=hash_id)
    if len(first) == _LOOKED_AT and first[-1] < until:
        rate = (_LOOKED_AT - 1) / max((first[-1] - first[0]).total_seconds(), 0.001)
        if rate * (until - since).total_seconds() > _EXACT * 6:  # bursts are counted to the end
            return None
    found = schedule.fires_between(since, until - _TICK, _EXACT + 1, hash_id=hash_id)
    return None if len(found) > _EXACT else tuple(fire.timestamp() for fire in found)


@lru_cache(maxsize=256)
def _densely(
    schedule: Schedule, hash_id: str, since: datetime, edges: tuple[float, ...]
) -> tuple[float, tuple[bool, ...]]:
    """Its rate while it fires, and in which spans it does."""
    first = schedule.next_fires(since, _LOOKED_AT, hash_id=hash_id)
    rate = (len(first) - 1) / max((first[-1] - first[0]).total_seconds(), 0.001)
    spans = []
    for start, end in pairwise(edges):
        begin = max(datetime.fromtimestamp(start, UTC) - _TICK, since)
        fire = schedule.next_fires(begin, 1, hash_id=hash_id) if begin.timestamp() < end else []
        spans.append(bool(fire) and fire[0].timestamp() < end)
    return rate, tuple(spans)
