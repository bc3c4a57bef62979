"""Between the wall clock of a zone and instants, so that a change of the clock has one meaning everywhere.

- A wall time that does not exist (clocks forward) fires at the first instant after the gap, once.
- A wall time that exists twice (clocks back) fires once, at the first of the two, unless asked for twice.
"""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from flowtui.engine.errors import ScheduleError

__all__ = ["fires_of", "first_wall", "instants_of", "offset_at", "turn", "zone"]

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Raises `ScheduleError`, with the nearest name, when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    import difflib  # noqa: PLC0415 - 3 ms, and a walk over the zone files, only for this message
    from zoneinfo import available_timezones  # noqa: PLC0415 - as above

    folded = {known.lower(): known for known in available_timezones()}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.5)
    hint = f" Did you mean {folded[near[0]]!r}?" if near else " Use an IANA name such as 'Europe/Berlin'."
    raise ScheduleError(f"There is no time zone {name!r}.{hint}")


def offset_at(instant: datetime, tz: tzinfo) -> timedelta:
    """How far the wall clock is ahead of UTC."""
    return instant.astimezone(tz).utcoffset() or timedelta(0)


def instants_of(wall: datetime, tz: tzinfo) -> tuple[datetime, datetime, bool]:
    """The first and the second instant of a wall time (naive), and whether it lies in a gap.

    Both are equal unless clocks went back. In a gap both are the instant at which the clock jumps.
    """
    first = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    if first <= second:
        return first, second, False
    # In a gap, fold 0 reads the offset from before the jump, which puts it after the jump, and fold 1 the reverse.
    jump = turn(second, first, tz)
    return jump, jump, True


def turn(low: datetime, high: datetime, tz: tzinfo) -> datetime:
    """The first instant, to the second, within (low, high] that has the offset of `high`."""
    wanted = offset_at(high, tz)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if offset_at(middle, tz) == wanted:
            high = middle
        else:
            low = middle
    return high


def first_wall(after: datetime, tz: tzinfo) -> datetime:
    """The earliest wall time (naive) that an instant after `after` can have, less a microsecond.

    When clocks go back soon, wall times before the present one come again.
    """
    return after.astimezone(UTC).replace(tzinfo=None) + min(offset_at(after, tz), offset_at(after + _DAY, tz)) - _TICK


def fires_of(
    walls: Iterator[datetime],
    tz: tzinfo,
    after: datetime,
    *,
    twice: bool,
    skip_gaps: bool = False,
    go_on_at: Callable[[datetime], object] | None = None,
) -> Iterator[datetime]:
    """The instants after `after` of wall times (naive, ascending), ascending and without repeats.

    `twice`: a wall time that exists twice fires twice. `skip_gaps`: one that does not exist does not fire. After a gap
    `go_on_at` is told the wall time at which the clock goes on: none before that can be reached.

    The first instants of wall times ascend with them; second ones wait in a heap until the walk has passed them.
    """
    waiting: list[datetime] = []
    last = after
    for wall in walls:
        first, second, gap = instants_of(wall, tz)
        while waiting and waiting[0] <= first:
            last = max(last, due := heapq.heappop(waiting))
            yield due
        if gap and go_on_at is not None:
            go_on_at(first.astimezone(tz).replace(tzinfo=None) - _TICK)
        if first > last and not (gap and skip_gaps):
            last = first
            yield first
        if twice and second > max(first, after):
            heapq.heappush(waiting, second)
    yield from sorted(waiting)
