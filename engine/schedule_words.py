"""Say a schedule in words: `weekdays at 09:00 Europe/Berlin`."""

import re
from datetime import timedelta

from flowtui.engine.model import CronSchedule, IntervalSchedule, Schedule

__all__ = ["describe", "duration_words"]

_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAYS = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_SHORT = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SETS = {
    "*": "daily",
    "1-5": "weekdays",
    "1,2,3,4,5": "weekdays",
    "0,6": "weekends",
    "6,0": "weekends",
    "6,7": "weekends",
}
_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_MOST_TIMES = 4


def describe(schedule: Schedule) -> str:
    """In words, on one line. A cron line that has no short wording is shown as it is."""
    if isinstance(schedule, IntervalSchedule):
        return f"every {duration_words(schedule.interval)}"
    return _cron_words(schedule)


def duration_words(length: timedelta) -> str:
    """`15 minutes`, `day`, `1.5 seconds`: what follows the word "every"."""
    seconds = length.total_seconds()
    for unit, size in _UNITS:
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return unit if count == 1 else f"{count} {unit}s"
    return f"{seconds:g} seconds"


def _cron_words(schedule: CronSchedule) -> str:
    line = _ALIASES.get(schedule.cron.strip().lower(), schedule.cron).lower()
    fields = line.replace("?", "*").split()
    plain = f"cron {schedule.cron} {schedule.timezone}"
    if len(fields) != 5:
        return plain
    minute, hour, day, month, weekday = fields
    if (often := _several_an_hour(minute, hour)) and (day, month, weekday) == ("*", "*", "*"):
        return often
    when = _days(day, month, weekday)
    times = often or _times(minute, hour)
    if when is None or times is None:
        return plain
    return f"{when} {times} {schedule.timezone}"


def _several_an_hour(minute: str, hour: str) -> str | None:
    """Wordings that need no time of day."""
    step = re.fullmatch(r"\*/(\d+)", minute)
    if hour == "*":
        if minute == "*":
            return "every minute"
        if step and 60 % int(step[1] or 60) == 0:
            return f"every {duration_words(timedelta(minutes=int(step[1])))}"
        if minute.isdigit():
            return "every hour" if int(minute) == 0 else f"every hour at :{int(minute):02}"
    every = re.fullmatch(r"\*/(\d+)", hour)
    if every and minute.isdigit() and 24 % int(every[1] or 24) == 0:
        base = f"every {duration_words(timedelta(hours=int(every[1])))}"
        return base if int(minute) == 0 else f"{base} at :{int(minute):02}"
    return None


def _times(minute: str, hour: str) -> str | None:
    """`at 09:00 and 17:00`."""
    hours = hour.split(",")
    if not minute.isdigit() or not all(part.isdigit() for part in hours) or len(hours) > _MOST_TIMES:
        return None
    times = [f"{int(part):02}:{int(minute):02}" for part in hours]
    return "at " + _and(times)


def _days(day: str, month: str, weekday: str) -> str | None:
    """`daily`, `weekdays`, `Mondays and Fridays`, `on day 1 of each month`, `on 24 December`."""
    if day == "*" and month == "*":
        return _weekdays(weekday)
    if weekday != "*":
        return None
    if month == "*":
        if day == "l":
            return "on the last day of each month"
        return f"on day {int(day)} of each month" if day.isdigit() else None
    if day.isdigit() and month.isdigit() and 1 <= int(month) <= 12:
        return f"on {int(day)} {_MONTHS[int(month) - 1]}"
    return None


def _weekdays(text: str) -> str | None:
    for number, short in enumerate(_SHORT[:7]):
        text = text.replace(short, str(number))
    known = {"*": "daily", "1-5": "weekdays", "1,2,3,4,5": "weekdays"} | dict.fromkeys(
        ("0,6", "6,0", "6,7"), "weekends"
    )
    if text in known:
        return known[text]
    parts = text.split(",")
    if not all(len(part) == 1 and part in "01234567" for part in parts):
        return None
    return _and([_DAYS[int(part)] for part in parts])


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
