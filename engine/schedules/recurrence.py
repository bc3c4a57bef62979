"""The occurrences of one recurrence rule.

Rules of days and longer are matched against the wall clock; rules of hours and shorter count elapsed time from their
start, and what they name (`BYHOUR`, `BYDAY`) is the wall clock at that moment. Looking for the next occurrence takes a
bounded number of steps, whatever the rule: one that names the 30th of February ends, and does not spin.

python-dateutil is the oracle of the tests and not used here: it goes through every second since the start, and where
nothing matches it looks on until the year 9999.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import product
from typing import Final

from flowtui.engine.schedules.rrule_text import Frequency, Rule
from flowtui.engine.schedules.walls import fires_of, first_wall, instants_of, offset_at, turn

__all__ = ["occurrences"]

_PATIENCE: Final = 20_000
"""Days, or periods, that are looked at in vain before a rule has come to its end: 50 years, or 60 ms. (A 29th of
February that is a Monday comes once in 28 years, or in 40.)"""
_DAY: Final = timedelta(days=1)
_LENGTHS: Final = {Frequency.HOURLY: 3_600, Frequency.MINUTELY: 60, Frequency.SECONDLY: 1}


def occurrences(rule: Rule, start: datetime, tz: tzinfo, after: datetime, *, twice: bool) -> Iterator[datetime]:
    """The instants (UTC) of a rule after `after`, ascending, without its COUNT. `start` is a wall time (naive)."""
    if rule.frequency > Frequency.DAILY:
        found = _elapsed(rule, instants_of(start, tz)[0], tz, after)
    else:
        found = fires_of(_walls(rule, start, first_wall(after, tz)), tz, after, twice=twice)
    for instant in found:
        if rule.until is not None and instant > rule.until:
            return
        yield instant


# -- days and longer ---------------------------------------------------------------------------------------------------


def _walls(rule: Rule, start: datetime, origin: datetime) -> Iterator[datetime]:
    """Wall times (naive) from `start` on that are later than `origin`, ascending."""
    times = [time(*parts) for parts in product(rule.hours, rule.minutes, rule.seconds)]
    patience = _Patience()
    for days in _periods(rule, start, origin):
        fitting = [day for day in days if patience.spend() and fits(rule, day)]
        if patience.is_over():
            return
        for wall in _chosen(rule, fitting, times):
            if wall >= start and wall > origin:
                patience.renew()
                yield wall


@dataclass(slots=True)
class _Patience:
    left: int = _PATIENCE

    def spend(self) -> bool:
        self.left -= 1
        return True

    def renew(self) -> None:
        self.left = _PATIENCE

    def is_over(self) -> bool:
        return self.left <= 0


def _chosen(rule: Rule, days: Sequence[date], times: Sequence[time]) -> Iterator[datetime]:
    """Each time of each day; with positions, those of the period. No list is made: a year may have half a million."""
    total = len(days) * len(times)
    if not rule.positions:
        numbers: Sequence[int] = range(total)
    else:
        numbers = sorted({at - 1 if at > 0 else total + at for at in rule.positions if abs(at) <= total})
    for number in numbers:
        yield datetime.combine(days[number // len(times)], times[number % len(times)])


def _periods(rule: Rule, start: datetime, origin: datetime) -> Iterator[Sequence[date]]:
    """The days of each period of the rule, from a period before `origin` on, to the end of the calendar."""
    step, first, now = rule.interval, start.date(), max(start, origin).date()
    try:
        match rule.frequency:
            case Frequency.YEARLY:
                year = first.year + max((now.year - first.year) // step - 1, 0) * step
                while True:
                    yield _days_of_year(rule, year)
                    year += step
            case Frequency.MONTHLY:
                begin, present = (12 * day.year + day.month - 1 for day in (first, now))
                month = begin + max((present - begin) // step - 1, 0) * step
                while True:
                    yield _days_of_month(rule, month // 12, month % 12 + 1)
                    month += step
            case _:
                length = 7 if rule.frequency is Frequency.WEEKLY else 1
                if length == 7:
                    first -= timedelta(days=(first.weekday() - rule.week_start) % 7)
                ahead = max((now - first).days // (length * step) - 1, 0) * length * step
                while True:
                    yield [first + timedelta(days=ahead + day) for day in range(length)]
                    ahead += length * step
    except (ValueError, OverflowError):  # the calendar ends with the year 9999
        return


def _days_of_year(rule: Rule, year: int) -> list[date]:
    return [day for month in range(1, 13) for day in _days_of_month(rule, year, month)]


def _days_of_month(rule: Rule, year: int, month: int) -> list[date]:
    if rule.months and month not in rule.months:
        return [date(year, month, 1)]  # fits nothing, and costs a step
    return [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]


def fits(rule: Rule, day: date) -> bool:
    """Whether the rule names this day."""
    if rule.months and day.month not in rule.months:
        return False
    if (rule.weekdays or rule.nth) and day.weekday() not in rule.weekdays and not _is_nth(rule, day):
        return False
    if rule.month_days:
        length = monthrange(day.year, day.month)[1]
        if day.day not in rule.month_days and day.day - length - 1 not in rule.month_days:
            return False
    if rule.year_days:
        length = 366 if monthrange(day.year, 2)[1] == 29 else 365
        number = day.timetuple().tm_yday
        if number not in rule.year_days and number - length - 1 not in rule.year_days:
            return False
    return not rule.weeks or _in_weeks(rule, day)


def _is_nth(rule: Rule, day: date) -> bool:
    if not rule.nth:
        return False
    if rule.frequency is Frequency.YEARLY and not rule.months:
        at, length = day.timetuple().tm_yday, 366 if monthrange(day.year, 2)[1] == 29 else 365
    else:
        at, length = day.day, monthrange(day.year, day.month)[1]
    weekday = day.weekday()
    return ((at - 1) // 7 + 1, weekday) in rule.nth or (-((length - at) // 7 + 1), weekday) in rule.nth


def _in_weeks(rule: Rule, day: date) -> bool:
    """Week 1 is the first with at least four days in its year."""
    start = day - timedelta(days=(day.weekday() - rule.week_start) % 7)
    year = (start + timedelta(days=3)).year  # that of the fourth day: most of the week is in it
    first = _first_week(year, rule.week_start)
    number = (start - first).days // 7 + 1
    weeks = (_first_week(year + 1, rule.week_start) - first).days // 7
    return number in rule.weeks or number - weeks - 1 in rule.weeks


def _first_week(year: int, week_start: int) -> date:
    fourth = date(year, 1, 4)  # always in week 1
    return fourth - timedelta(days=(fourth.weekday() - week_start) % 7)


# -- hours and shorter -------------------------------------------------------------------------------------------------


def _elapsed(rule: Rule, start: datetime, tz: tzinfo, after: datetime) -> Iterator[datetime]:
    """The instants of a rule that counts elapsed time from the instant `start`."""
    step = timedelta(seconds=rule.interval * _LENGTHS[rule.frequency])
    number = max((after - start) // step - 1, 0)
    patience, last = _PATIENCE, after
    try:
        while patience > 0:
            moment = start + number * step
            wall = moment.astimezone(tz).replace(tzinfo=None)
            idle = _idle(rule, wall)
            number += 1 if not idle else max(-((start - _advance(moment, idle, tz)) // step) - number, 1)
            patience -= 1
            for instant in () if idle else _within(rule, moment, wall, tz):
                if instant > last and instant >= start:
                    patience, last = _PATIENCE, instant
                    yield instant
    except OverflowError:  # the calendar ends
        return


def _idle(rule: Rule, wall: datetime) -> timedelta:
    """For how long from this wall time on the rule names nothing, at the least; zero when it names something."""
    if not fits(rule, wall.date()):
        days = timedelta(days=monthrange(wall.year, wall.month)[1] - wall.day)
        whole = days if rule.months and wall.month not in rule.months else timedelta(0)
        return whole + _DAY - timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second)
    if rule.hours and wall.hour not in rule.hours:
        return timedelta(hours=1) - timedelta(minutes=wall.minute, seconds=wall.second)
    if rule.frequency > Frequency.HOURLY and rule.minutes and wall.minute not in rule.minutes:
        return timedelta(minutes=1) - timedelta(seconds=wall.second)
    if rule.frequency is Frequency.SECONDLY and rule.seconds and wall.second not in rule.seconds:
        return timedelta(seconds=1)
    return timedelta(0)


def _advance(moment: datetime, length: timedelta, tz: tzinfo) -> datetime:
    """Later by `length`, but not past a change of the clock: what comes after that has another wall time."""
    later = moment + length
    return later if offset_at(moment, tz) == offset_at(later, tz) else turn(moment, later, tz)


def _within(rule: Rule, moment: datetime, wall: datetime, tz: tzinfo) -> Iterator[datetime]:
    """The instants within the hour, the minute or the second that begins the period at `moment`."""
    minutes = rule.minutes if rule.frequency is Frequency.HOURLY else (wall.minute,)
    seconds = rule.seconds if rule.frequency < Frequency.SECONDLY else (wall.second,)
    found = []
    for minute, second in product(minutes, seconds):
        instant = moment + (wall.replace(minute=minute, second=second) - wall)
        if offset_at(instant, tz) == offset_at(moment, tz):  # else the clock changes in between
            found.append(instant)
    if rule.positions:
        total = len(found)
        numbers = sorted({at - 1 if at > 0 else total + at for at in rule.positions if abs(at) <= total})
        found = [found[number] for number in numbers]
    return iter(found)
