"""Recurrence rules of RFC 5545, and sets of them: rules and dates, less what is excluded."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Any, Final, Literal, Unpack

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules.base import Options, Schedule, keep
from flowtui.engine.schedules.recurrence import occurrences
from flowtui.engine.schedules.rrule_text import Recurrence, read_recurrence, zone_in
from flowtui.engine.schedules.walls import instants_of, zone

__all__ = ["RRule"]

_MOST_EXCLUDED: Final = 100_000
"""So many occurrences in a row may be excluded before a set has come to its end."""
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class RRule(Schedule):
    """Fires as a recurrence rule of RFC 5545 says: `FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9`, or several lines of a set.

    Rules of days and longer follow the wall clock of `timezone` (default: that of DTSTART, else UTC), those of hours
    and shorter elapsed time. Without DTSTART a rule counts from 2020-01-01 in its zone. UNTIL includes its instant, or
    its whole day. `dst_overlap="twice"`: a time of day that comes twice, because clocks go back, fires twice. Options:
    `active`, `parameters`, `slug`, `replaces`, `catch_up` and `max_scheduled_runs`. What makes no sense is refused
    (`ScheduleError`) when it is first used or saved.
    """

    rrule: str
    dst_overlap: Literal["once", "twice"]

    def __init__(
        self,
        rrule: str,
        timezone: str | None = None,
        dst_overlap: Literal["once", "twice"] = "once",
        **options: Unpack[Options],
    ) -> None:
        if not isinstance(rrule, str):
            raise ScheduleError(f"A recurrence rule is a text such as 'FREQ=DAILY;BYHOUR=9', not {rrule!r}.")
        if dst_overlap not in ("once", "twice"):
            raise ScheduleError(f"dst_overlap is once or twice, not {dst_overlap!r}.")
        keep(self, options, rrule=rrule, timezone=timezone or zone_in(rrule), dst_overlap=dst_overlap)

    @property
    def text(self) -> str:
        return repr(self.rrule if len(self.rrule) <= 100 else f"{self.rrule[:99]}…")

    def to_json(self) -> dict[str, Any]:
        """`{"rrule", "timezone"}`, and `dst_overlap` where it is not the default."""
        overlap = {} if self.dst_overlap == "once" else {"dst_overlap": self.dst_overlap}
        return {"rrule": self.rrule, "timezone": self.timezone, **overlap}

    def _instants(self, after: datetime, hash_id: str | None) -> Iterator[datetime]:
        recurrence = read_recurrence(self.rrule, self.timezone)
        twice = self.dst_overlap == "twice"
        count = len(recurrence.rules)
        wanted = [
            _of_rule(self.rrule, self.timezone, number, after, twice=twice)
            for number in range(count + len(recurrence.excluding))
        ]
        dates = sorted(date for date in recurrence.dates if date > after)
        excluded = heapq.merge(sorted(recurrence.excluded), *wanted[count:])
        return _less(heapq.merge(dates, *wanted[:count]), excluded)


def _of_rule(text: str, timezone: str, number: int, after: datetime, *, twice: bool) -> Iterable[datetime]:
    """The instants of the rule of that number (those that exclude come last)."""
    recurrence = read_recurrence(text, timezone)
    rule = (*recurrence.rules, *recurrence.excluding)[number]
    if rule.count is not None:
        return (instant for instant in _counted(text, timezone, number, twice) if instant > after)
    return occurrences(rule, recurrence.start, zone(timezone), after, twice=twice)


@lru_cache(maxsize=128)
def _counted(text: str, timezone: str, number: int, twice: bool) -> tuple[datetime, ...]:
    """All instants of a rule with a COUNT: that has to count from the start, so it is done once."""
    recurrence, tz = read_recurrence(text, timezone), zone(timezone)
    rule = (*recurrence.rules, *recurrence.excluding)[number]
    found = occurrences(rule, recurrence.start, tz, _before(recurrence, tz), twice=twice)
    return tuple(islice(found, rule.count))


def _before(recurrence: Recurrence, tz: tzinfo) -> datetime:
    return instants_of(recurrence.start, tz)[0] - _TICK


def _less(instants: Iterable[datetime], excluded: Iterator[datetime]) -> Iterator[datetime]:
    """Those that are not excluded, each once. Both ascend."""
    last, out, idle = None, next(excluded, None), 0
    for instant in instants:
        while out is not None and out < instant:
            out = next(excluded, None)
        if instant == out:
            idle += 1
            if idle > _MOST_EXCLUDED:
                return
        elif instant != last:
            last, idle = instant, 0
            yield instant
