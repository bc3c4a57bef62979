"""Schedules: from a cron line or an interval to the instants at which it fires.

Cron lines are matched against the wall clock of the schedule's zone; the mapping from wall clock to instants is done
here, so that a change of the clock has one meaning everywhere:

- A wall time that does not exist (clocks forward) fires at the first instant after the gap, once. A line that
  fires every hour skips it: the hours before and after the gap are there anyway.
- A wall time that exists twice (clocks back) fires once, at the first of the two, when minute and hour are given.
  Lines with a wildcard or a step in either ("every hour", "every 15 minutes") fire at both: real time passes.
"""

import heapq
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flowtui.engine.clock import utc_now
from flowtui.engine.errors import ScheduleError
from flowtui.engine.model import CronSchedule, IntervalSchedule, Schedule
from flowtui.engine.schedule_words import describe

if TYPE_CHECKING:
    from croniter import croniter

__all__ = ["describe", "next_fires", "schedule_from_json", "schedule_to_json", "validate_schedule", "zone"]

DEFAULT_ANCHOR = datetime(2020, 1, 1)
"""From where an interval without an anchor counts (midnight in its zone): fixed, so that "every 15 minutes" means the
quarters of the hour, and deploying twice gives the same schedule."""

_DAY = timedelta(days=1)
_LONGEST_CRON = 500
_FARTHEST = 130
"""Years to look ahead: a year field ends at 2099. Finding nothing takes 2 ms."""
_FIELD_MAX = (59, 23, 31, 12, 7, 59, 2099)
_FIELD_NAMES = ("minute", "hour", "day of month", "month", "day of week", "second", "year")
# `H` is a time drawn from the deployment's id, `R` one drawn anew at each look, which no schedule can live with.
_HASHED = re.compile(r"h(\(\d+-\d+\))?(/\d+)?", re.IGNORECASE)
_RANDOM = re.compile(r"r(\(\d+-\d+\))?(/\d+)?", re.IGNORECASE)


def next_fires(schedule: Schedule, after: datetime, n: int, *, hash_id: str | None = None) -> list[datetime]:
    """The next `n` instants strictly after `after`, in UTC, ascending; fewer when the schedule comes to an end.

    `hash_id` is what `H` in a cron line is drawn from (the deployment's id). Raises `ScheduleError`.
    """
    match schedule:
        case CronSchedule():
            instants = _cron_instants(schedule, after.astimezone(UTC), hash_id)
        case IntervalSchedule():
            instants = _interval_instants(schedule, after.astimezone(UTC))
    return list(islice(instants, n))


def validate_schedule(schedule: Schedule, now: datetime | None = None) -> None:
    """Raise `ScheduleError` for a schedule that is malformed or has no instant after `now` left."""
    if isinstance(schedule, IntervalSchedule) and schedule.interval < timedelta(seconds=1):
        seconds = schedule.interval.total_seconds()
        raise ScheduleError(f"An interval of {seconds:g} s is too short; one second is the least.")
    if not next_fires(schedule, now or utc_now(), 1, hash_id="any"):
        what = repr(schedule.cron) if isinstance(schedule, CronSchedule) else "The interval"
        raise ScheduleError(f"{what} can never fire: no date from now on fits it.")


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


# -- cron ---------------------------------------------------------------------------------------------------------


def _cron_instants(schedule: CronSchedule, after: datetime, hash_id: str | None) -> Iterator[datetime]:
    """Every instant after `after`, ascending and without repeats.

    Walks the matching wall times. Their first instants ascend with them; second instants of wall times that exist twice
    wait in a heap until the walk has passed them.
    """
    tz = zone(schedule.timezone)
    # When clocks go back soon after `after`, wall times before the present one come again.
    offset = min(_offset(after, tz), _offset(after + _DAY, tz))
    walk = _croniter(schedule, after.replace(tzinfo=None) + offset - timedelta(microseconds=1), hash_id)
    every_hour = "*" in walk.expanded[1]
    twice = any("*" in text or "/" in text for text in walk.expressions[:2]) or every_hour
    waiting: list[datetime] = []
    last = after
    while (wall := _next_wall(walk)) is not None:
        first, second, gap = _instants_of(wall, tz)
        while waiting and waiting[0] <= first:
            last = max(last, due := heapq.heappop(waiting))
            yield due
        if gap:
            # No wall time of the gap can be reached: go on where the clock goes on.
            walk.set_current(first.astimezone(tz).replace(tzinfo=None) - timedelta(microseconds=1))
        if first > last and not (gap and every_hour):
            last = first
            yield first
        if twice and second > max(first, after):
            heapq.heappush(waiting, second)
    yield from sorted(waiting)


def _next_wall(walk: "croniter") -> datetime | None:
    """The next wall time (naive) that matches, or None when there is none left."""
    try:
        wall: datetime = walk.get_next(datetime)
    except (ValueError, OverflowError):  # croniter's own "there is no such date" is a ValueError
        return None
    return wall


def _instants_of(wall: datetime, tz: tzinfo) -> tuple[datetime, datetime, bool]:
    """The first and the second instant of a wall time, and whether it lies in a gap.

    Both are equal unless clocks went back. In a gap both are the instant at which the clock jumps.
    """
    first = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    if first <= second:
        return first, second, False
    # In a gap, fold 0 reads the offset from before the jump, which puts it after the jump, and fold 1 the reverse.
    jump = _jump(second, first, tz)
    return jump, jump, True


def _jump(low: datetime, high: datetime, tz: tzinfo) -> datetime:
    """The first instant, to the second, within (low, high] that has the offset of `high`."""
    wanted = _offset(high, tz)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset(middle, tz) == wanted:
            high = middle
        else:
            low = middle
    return high


def _offset(instant: datetime, tz: tzinfo) -> timedelta:
    return instant.astimezone(tz).utcoffset() or timedelta(0)


def _croniter(schedule: CronSchedule, start: datetime, hash_id: str | None) -> "croniter":
    """An iterator over the matching wall times, checked. Raises `ScheduleError`."""
    from croniter import CroniterError, croniter  # noqa: PLC0415 - 45 ms that only schedules pay

    hashed = _check_cron_text(schedule.cron)
    if hashed and hash_id is None:
        raise ScheduleError(f"{schedule.cron!r}: H needs a deployment to draw its time from.")
    try:
        return croniter(
            schedule.cron,
            start,
            day_or=schedule.day_or,
            max_years_between_matches=_FARTHEST,
            hash_id=hash_id if hashed else None,
        )
    except (CroniterError, ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise ScheduleError(_cron_problem(schedule.cron, str(error))) from error


def _check_cron_text(cron: str) -> bool:
    """Refuse what croniter would accept and misread. True when the line contains `H`."""
    if len(cron) > _LONGEST_CRON:
        raise ScheduleError(f"A cron line of {len(cron)} characters is too long; {_LONGEST_CRON} is the most.")
    fields = cron.split()
    if fields[:1] and fields[0].startswith("@"):
        return False
    if len(fields) not in (5, 6, 7):
        raise ScheduleError(
            f"{cron!r} has {len(fields)} of the 5 fields of a cron line: minute, hour, day of month, month, weekday "
            "(a sixth is the second, a seventh the year)."
        )
    for text, most, name in zip(fields, _FIELD_MAX, _FIELD_NAMES, strict=False):
        if _RANDOM.fullmatch(text):
            raise ScheduleError(f"{cron!r}: R draws another time at every look. Give the {name}, or H for a fixed one.")
        for step in re.findall(r"/(\d+)", text):
            if int(step[:6]) > most or not int(step[:6]):
                raise ScheduleError(f"{cron!r}: a step of {step} does not fit the {name}, which ends at {most}.")
    return any(_HASHED.fullmatch(text) for text in fields)


def _cron_problem(cron: str, words: str) -> str:
    """A sentence about a line that croniter refuses; its own words repeat the line or are a whole traceback."""
    last_line = (words.strip().splitlines() or [""])[-1]
    said = last_line.removeprefix(f"[{cron}] is not acceptable").strip(" .,:")
    return f"{cron!r} is no cron line that can be read" + (f": {said}." if 0 < len(said) < 120 else ".")


# -- intervals ----------------------------------------------------------------------------------------------------


def _interval_instants(schedule: IntervalSchedule, after: datetime) -> Iterator[datetime]:
    """Every instant after `after`: whole days by the wall clock, everything else by elapsed time."""
    tz, step = zone(schedule.timezone), schedule.interval
    if step <= timedelta(0):
        raise ScheduleError(f"An interval must be longer than nothing, not {step.total_seconds():g} s.")
    by_wall = step % _DAY == timedelta(0)
    anchor = schedule.anchor.astimezone(tz).replace(tzinfo=None) if by_wall else schedule.anchor.astimezone(UTC)
    origin = after.astimezone(tz).replace(tzinfo=None) if by_wall else after
    # One step early: where clocks went back, the present wall time may have to come a second time.
    number = (origin - anchor) // step - (1 if by_wall else 0)
    last = after
    try:
        while True:
            number += 1
            moment = anchor + number * step
            instant = _instants_of(moment, tz)[0] if by_wall else moment
            if instant > last:
                last = instant
                yield instant
    except OverflowError:
        return


# -- the wire's shape ---------------------------------------------------------------------------------------------


def schedule_to_json(schedule: Schedule) -> dict[str, Any]:
    """`{"cron", "timezone", "day_or"}` or `{"interval": seconds, "anchor_date": ISO 8601, "timezone"}`."""
    match schedule:
        case CronSchedule():
            return {"cron": schedule.cron, "timezone": schedule.timezone, "day_or": schedule.day_or}
        case IntervalSchedule():
            seconds = schedule.interval.total_seconds()
            return {
                "interval": int(seconds) if seconds.is_integer() else seconds,
                "anchor_date": schedule.anchor.isoformat(),
                "timezone": schedule.timezone,
            }


def schedule_from_json(data: Mapping[str, Any]) -> Schedule:
    """The schedule that `schedule_to_json` wrote; `timezone`, `day_or` and `anchor_date` may be missing or null.

    An anchor without an offset is a wall time of the zone. Raises `ScheduleError` for anything else.
    """
    timezone = data.get("timezone") or "UTC"
    if not isinstance(timezone, str):
        raise ScheduleError(f"timezone must be the name of a time zone, not {timezone!r}.")
    if isinstance(cron := data.get("cron"), str):
        day_or = data.get("day_or")
        return CronSchedule(cron=cron, timezone=timezone, day_or=True if day_or is None else bool(day_or))
    interval = data.get("interval")
    if not isinstance(interval, int | float) or isinstance(interval, bool):
        raise ScheduleError("A schedule needs cron (text) or interval (seconds).")
    try:
        length = timedelta(seconds=interval)
        anchor = datetime.fromisoformat(data["anchor_date"]) if data.get("anchor_date") else DEFAULT_ANCHOR
    except (ValueError, TypeError, OverflowError) as error:
        raise ScheduleError(f"This schedule cannot be read: {error}.") from error
    if anchor.tzinfo is None:
        anchor = anchor.replace(tzinfo=zone(timezone))
    return IntervalSchedule(interval=length, anchor=anchor, timezone=timezone)
