"""Dates and times as people write them in a form: `yesterday`, `tomorrow 9:00`, `14:30`, `in 10m`."""

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from flowtui.engine.durations import parse_duration
from flowtui.engine.errors import UsageError

__all__ = ["DATE_FORMS", "MOMENT_FORMS", "parse_date", "parse_moment"]

DATE_FORMS: Final = "a date such as 2026-11-19, or today, yesterday, tomorrow, monday, 3 days ago"
MOMENT_FORMS: Final = "a time such as 14:30, tomorrow 9:00, in 10m or 2026-11-19 14:30"

_NEAR: Final = {"today": 0, "yesterday": -1, "tomorrow": 1}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.](\d\d)(?::(\d\d))?)?\s*(am|pm)?", re.IGNORECASE)


def parse_date(text: str, now: datetime, zone: tzinfo | None = None) -> date:
    """The day that a text means, seen from `now` in `zone` (None: the local one). Raises `UsageError`.

    A weekday is the next one, and today's name means today.
    """
    found = _date(" ".join(text.lower().split()), now.astimezone(zone).date())
    if found is None:
        raise UsageError(f"This must be {DATE_FORMS}.")
    return found


def parse_moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """The instant that a text means, with its offset. A time of day is the next one. Raises `UsageError`."""
    words = " ".join(text.lower().split())
    local = now.astimezone(zone)
    if words == "now":
        return local
    try:
        if words.startswith(("in ", "+")):
            return local + _length(words.removeprefix("in ").removeprefix("+"))
        found = _iso(text.strip(), zone) or _day_and_time(words, local, zone)
    except OverflowError:  # after the year 9999
        found = None
    if found is None:
        raise UsageError(f"This must be {MOMENT_FORMS}.")
    return found


def _date(words: str, today: date) -> date | None:
    if words in _NEAR:
        return _moved(today, _NEAR[words])
    if words in _WEEKDAYS:
        return _moved(today, (_WEEKDAYS.index(words) - today.weekday()) % 7)
    if back := re.fullmatch(r"(\d{1,5}) days? ago|-(\d{1,5})d", words):
        return _moved(today, -int(back[1] or back[2]))
    if ahead := re.fullmatch(r"in (\d{1,5}) days?|\+(\d{1,5})d", words):
        return _moved(today, int(ahead[1] or ahead[2]))
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _moved(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _length(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except UsageError:
        raise UsageError(f"This must be {MOMENT_FORMS}.") from None


def _iso(text: str, zone: tzinfo | None) -> datetime | None:
    """ISO 8601; without an offset it is a wall time here."""
    if len(text) <= 10:  # a bare date is no instant, and a bare number no year
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else _at(found, zone)


def _day_and_time(words: str, local: datetime, zone: tzinfo | None) -> datetime | None:
    day_words, _, clock = words.rpartition(" ")
    if clock in ("am", "pm"):
        day_words, _, hour = day_words.rpartition(" ")
        clock = hour + clock
    at = _time(clock)
    if at is None:
        return None
    if not day_words:
        today = _at(datetime.combine(local.date(), at), zone)
        return today if today > local else _at(datetime.combine(local.date() + timedelta(days=1), at), zone)
    day = _date(day_words.removesuffix(" at").removesuffix(","), local.date())
    return None if day is None else _at(datetime.combine(day, at), zone)


def _time(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    if not found or not (found[2] or found[4]):
        return None
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4].lower() == "pm" else 0)
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _at(wall: datetime, zone: tzinfo | None) -> datetime:
    """A wall time of a zone (None: the local one) with the offset that is valid then."""
    return wall.astimezone() if zone is None else wall.replace(tzinfo=zone)
