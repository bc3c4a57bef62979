"""Say a schedule in words: `weekdays at 09:00 Europe/Berlin`. What has no short wording is shown as it is."""

import re
from datetime import timedelta
from typing import Final

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.cron import Cron
from flowtui.engine.schedules.interval import Interval
from flowtui.engine.schedules.rrule import RRule
from flowtui.engine.schedules.rrule_text import Frequency, Rule, read_recurrence

__all__ = ["describe", "duration_words"]

_ALIASES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SHORT_MONTHS: Final = tuple(month[:3].lower() for month in _MONTHS)
_ORDINALS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "second to last"}
_UNITS: Final = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_PERIODS: Final = ("year", "month", "week", "day", "hour", "minute", "second")
_WEEKDAYS: Final = frozenset(range(5))
_MOST: Final = 4
"""So many times, days or months are listed."""


def describe(schedule: Schedule) -> str:
    """In words, on one line."""
    match schedule:
        case Interval():
            return f"every {duration_words(schedule.interval)}"
        case Cron():
            words = _cron_words(schedule)
            return words or f"cron {' '.join(schedule.cron.split())} {schedule.timezone}"
        case RRule():
            return _rrule_words(schedule) or f"rrule {_one_line(schedule.rrule)} {schedule.timezone}"
    return schedule.text


def duration_words(length: timedelta) -> str:
    """`15 minutes`, `day`, `1.5 seconds`: what follows the word "every"."""
    seconds = length.total_seconds()
    for unit, size in _UNITS:
        if seconds >= size and seconds % size == 0:
            return _counted(int(seconds // size), unit)
    return f"{seconds:g} seconds"


def _counted(count: int, unit: str) -> str:
    return unit if count == 1 else f"{count} {unit}s"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _one_line(text: str) -> str:
    line = "; ".join(text.split("\n"))
    return line if len(line) <= 60 else f"{line[:59]}…"


# -- days, in both -----------------------------------------------------------------------------------------------------


def _weekday_words(days: frozenset[int]) -> str:
    """Monday is 0."""
    if days == _WEEKDAYS:
        return "weekdays"
    if days == frozenset((5, 6)):
        return "weekends"
    if len(days) == 7:
        return "daily"
    return _and([f"{_DAYS[day]}s" for day in sorted(days)])


def _month_words(months: list[int]) -> str:
    return "month" if not months else _and([_MONTHS[month - 1] for month in months])


# -- cron --------------------------------------------------------------------------------------------------------------


def _cron_words(schedule: Cron) -> str | None:
    line = _ALIASES.get(schedule.cron.strip().lower(), schedule.cron).lower()
    fields = line.replace("?", "*").split()
    if len(fields) == 6:
        return _with_seconds(fields, schedule.timezone)
    if len(fields) != 5:
        return None
    minute, hour, day, month, weekday = fields
    often = _several_an_hour(minute, hour)
    if often and (day, month, weekday) == ("*", "*", "*"):
        return often if hour == "*" or "/" in hour else f"{often} {schedule.timezone}"
    when = _cron_days(day, month, weekday)
    times = often or _cron_times(minute, hour)
    if when is None or times is None:
        return None
    return f"{when} {times} {schedule.timezone}"


def _with_seconds(fields: list[str], timezone: str) -> str | None:
    """A line with a sixth field, where that alone says how often."""
    *line, second = fields
    if second == "0":
        return _cron_words(Cron(" ".join(line), timezone))
    step = re.fullmatch(r"\*/(\d+)", second)
    if line != ["*"] * 5 or not (second == "*" or (step and int(step[1]) and 60 % int(step[1]) == 0)):
        return None
    return f"every {duration_words(timedelta(seconds=int(step[1]) if step else 1))}"


def _several_an_hour(minute: str, hour: str) -> str | None:
    """Wordings that need no time of day, or a span of hours: `every 15 minutes from 09:00 to 17:45`."""
    step = re.fullmatch(r"(?:\*|0)/(\d+)", minute)
    every = re.fullmatch(r"(?:\*|0)/(\d+)", hour)
    span = re.fullmatch(r"(\d+)-(\d+)", hour)
    minutes = 1 if minute == "*" else int(step[1]) if step and int(step[1]) and 60 % int(step[1]) == 0 else None
    if minutes and (hour == "*" or span):
        often = f"every {duration_words(timedelta(minutes=minutes))}"
        return often if span is None else f"{often} from {int(span[1]):02}:00 to {int(span[2]):02}:{60 - minutes:02}"
    if not minute.isdigit():
        return None
    at = "" if int(minute) == 0 else f" at :{int(minute):02}"
    if hour == "*":
        return f"every hour{at}"
    if span:
        return f"every hour from {int(span[1]):02}:{int(minute):02} to {int(span[2]):02}:{int(minute):02}"
    if every and int(every[1]) and 24 % int(every[1]) == 0:
        return f"every {duration_words(timedelta(hours=int(every[1])))}{at}"
    return None


def _cron_times(minute: str, hour: str) -> str | None:
    """`at 09:00 and 17:00`."""
    hours, minutes = hour.split(","), minute.split(",")
    if not all(part.isdigit() for part in hours + minutes) or len(hours) * len(minutes) > _MOST:
        return None
    return "at " + _and(sorted(f"{int(one):02}:{int(other):02}" for one in hours for other in minutes))


def _cron_days(day: str, month: str, weekday: str) -> str | None:
    """`daily`, `weekdays`, `Mondays and Fridays`, `on day 1 of each month`, `on 24 December`."""
    months = _names(month, _SHORT_MONTHS, 1)
    if months is None or len(months) > _MOST:
        return None
    inside = "each month" if not months else _month_words(months)
    if day == "*":
        nth = re.fullmatch(r"(\d|[a-z]{3})#([1-5])|l(\d|[a-z]{3})", weekday)
        if nth:
            named = _names(nth[1] or nth[3], _SHORT, 0)
            place = _ORDINALS[int(nth[2]) if nth[2] else -1]
            return f"on the {place} {_DAYS[(named[0] - 1) % 7]} of {inside}" if named else None
        days = _names(weekday, _SHORT, 0)
        words = None if days is None else _weekday_words(frozenset((number - 1) % 7 for number in days or range(7)))
        return words if words is None or not months else f"{words} in {inside}"
    if weekday != "*":
        return None
    if day == "l":
        return f"on the last day of {inside}"
    dates = day.split(",")
    if not all(part.isdigit() for part in dates) or len(dates) > _MOST:
        return None
    if len(months) == 1:
        return f"on {_and([str(int(part)) for part in dates])} {inside}"
    return f"on day{'s' if len(dates) > 1 else ''} {_and([str(int(part)) for part in dates])} of {inside}"


def _names(text: str, words: tuple[str, ...], first: int) -> list[int] | None:
    """The numbers of a field that lists or spans them, by number or name: none for `*`, None for anything else."""
    if text == "*":
        return []
    found: set[int] = set()
    for part in text.split(","):
        ends = [str(words.index(end) + first) if end in words else end for end in part.split("-")]
        if len(ends) > 2 or not all(end.isdigit() and len(end) <= 2 for end in ends):
            return None
        low, high = int(ends[0]), int(ends[-1])
        if not first <= low <= high <= len(words):  # cron has 0 and 7 for Sunday
            return None
        found.update(range(low, high + 1))
    return sorted(found)


# -- recurrence rules --------------------------------------------------------------------------------------------------


def _rrule_words(schedule: RRule) -> str | None:
    try:
        recurrence = read_recurrence(schedule.rrule, schedule.timezone)
    except ScheduleError:
        return None
    if len(recurrence.rules) != 1 or recurrence.excluding or recurrence.dates:
        return None
    (rule,) = recurrence.rules
    if rule.weeks or rule.year_days or rule.positions:
        return None
    words = _short_period(rule) if rule.frequency > Frequency.DAILY else _long_period(rule, schedule.timezone)
    if words is None:
        return None
    ends = f", {rule.count} times" if rule.count else f", until {rule.until:%Y-%m-%d}" if rule.until else ""
    return words + ends + (f", but {len(recurrence.excluded)} excluded" if recurrence.excluded else "")


def _short_period(rule: Rule) -> str | None:
    named = (rule.months, rule.month_days, rule.weekdays, rule.nth, rule.hours)
    if any(named) or (rule.frequency > Frequency.HOURLY and rule.minutes):
        return None
    if rule.frequency is Frequency.SECONDLY and rule.seconds:
        return None
    every = f"every {_counted(rule.interval, _PERIODS[rule.frequency])}"
    if rule.frequency is not Frequency.HOURLY or (rule.minutes, rule.seconds) == ((0,), (0,)):
        return every
    return f"{every} at :{rule.minutes[0]:02}" if len(rule.minutes) == 1 and rule.seconds == (0,) else None


def _long_period(rule: Rule, timezone: str) -> str | None:
    times = [f"{hour:02}:{minute:02}" for hour in rule.hours for minute in rule.minutes]
    when = _rule_days(rule)
    if when is None or len(times) > _MOST or rule.seconds != (0,):
        return None
    return f"{when} at {_and(times)} {timezone}"


def _rule_days(rule: Rule) -> str | None:
    several = rule.interval > 1
    every = f"every {_counted(rule.interval, _PERIODS[rule.frequency])}"
    months = sorted(rule.months)
    if rule.frequency > Frequency.MONTHLY and not (rule.month_days or months):
        days = _weekday_words(rule.weekdays) if rule.weekdays else "daily"
        if not several:
            return days
        return f"{every} on {days}" if rule.weekdays else every
    if rule.frequency > Frequency.MONTHLY or len(months) > _MOST or rule.weekdays or (rule.nth and rule.month_days):
        return None
    if rule.frequency is Frequency.YEARLY and not months:
        return None
    inside = _month_words(months) if months else "each month" if not several else every
    days_of = _dates(rule)
    if days_of is None or (several and (months or rule.frequency is Frequency.YEARLY)):
        return None
    return f"on {days_of} of {inside}"


def _dates(rule: Rule) -> str | None:
    if len(rule.nth) == 1:
        ((place, day),) = rule.nth
        return f"the {_ORDINALS[place]} {_DAYS[day]}" if place in _ORDINALS else None
    days = sorted(rule.month_days)
    if days == [-1]:
        return "the last day"
    if rule.nth or not days or days[0] < 0 or len(days) > _MOST:
        return None
    return f"day{'s' if len(days) > 1 else ''} {_and([str(day) for day in days])}"
