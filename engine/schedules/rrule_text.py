"""Read recurrence rules as RFC 5545 writes them: RRULE, EXRULE, RDATE, EXDATE and DTSTART lines, or a bare rule."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final, NoReturn

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules.walls import instants_of, zone

__all__ = ["MOST_COUNTED", "Frequency", "Recurrence", "Rule", "read_recurrence", "zone_in"]

LONGEST: Final = 6_500
MOST_COUNTED: Final = 10_000
_MOST_RULES: Final = 10
_MOST_DATES: Final = 1_000
_MOST_TIMES: Final = 1_440
"""Times of day that one rule may name."""
_ANCHOR: Final = datetime(2020, 1, 1)
_DAY: Final = timedelta(days=1)
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_TIME: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?")
_LINE: Final = re.compile(r"(?:(DTSTART|RRULE|EXRULE|RDATE|EXDATE)((?:;[A-Z-]+=[^:;]+)*):)?(.+)", re.IGNORECASE)
_ZONE: Final = re.compile(r"DTSTART;(?:[^:\n]*;)?TZID=([^:;\s]+)", re.IGNORECASE)
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "BYMONTH": (1, 12), "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "BYSECOND": (0, 59), "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366), "BYWEEKNO": (-53, 53), "BYSETPOS": (-366, 366),
}  # fmt: skip
_KEYS: Final = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_RANGES)


class Frequency(IntEnum):
    """How long the periods of a rule are."""

    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3
    HOURLY = 4
    MINUTELY = 5
    SECONDLY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. A field that names nothing restricts nothing; what the rule takes from its start is filled in."""

    text: str
    frequency: Frequency
    interval: int
    count: int | None
    until: datetime | None
    """The last instant, UTC."""
    week_start: int
    months: frozenset[int]
    weeks: frozenset[int]
    year_days: frozenset[int]
    month_days: frozenset[int]
    weekdays: frozenset[int]
    """Monday is 0."""
    nth: frozenset[tuple[int, int]]
    """(-1, 4): the last Friday of the month, or of the year where no month is named."""
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A whole set: the union of rules and dates, less what is excluded. All dates are instants in UTC."""

    start: datetime
    """DTSTART as a wall time (naive) of the schedule's zone: from where the rules count."""
    rules: tuple[Rule, ...]
    excluding: tuple[Rule, ...]
    dates: frozenset[datetime]
    excluded: frozenset[datetime]


def zone_in(text: str) -> str | None:
    """The zone that DTSTART is given in, when it names one."""
    found = _ZONE.search(text)
    return found[1] if found else None


@lru_cache(maxsize=512)
def read_recurrence(text: str, timezone: str) -> Recurrence:
    """What the text says, for the wall clock of a zone. Raises `ScheduleError`."""
    if len(text) > LONGEST:
        raise ScheduleError(f"A recurrence rule of {len(text)} characters is too long; {LONGEST} is the most.")
    tz = zone(timezone)
    lines = [_split(line) for line in re.sub(r"\r?\n[ \t]", "", text).replace("\r", "").split("\n") if line.strip()]
    if not lines:
        raise ScheduleError("A recurrence rule is a text such as 'FREQ=WEEKLY;BYDAY=MO;BYHOUR=9', not empty.")
    starts = [_moments(value, options, tz) for name, options, value in lines if name == "DTSTART"]
    if len(starts) > 1 or any(len(moments) != 1 for moments in starts):
        raise ScheduleError(f"{_cut(text)} has more than one DTSTART.")
    start = starts[0][0] if starts else _ANCHOR
    rules, excluding = (
        tuple({value: _rule(value, start, tz, starts != []) for name, _, value in lines if name == wanted}.values())
        for wanted in ("RRULE", "EXRULE")
    )
    dates = _instants("RDATE", lines, tz)
    if not rules and not dates:
        raise ScheduleError(f"{_cut(text)} has neither a rule nor a date.")
    if len(rules) + len(excluding) > _MOST_RULES:
        raise ScheduleError(
            f"A recurrence of {len(rules) + len(excluding)} rules is too much; {_MOST_RULES} is the most."
        )
    return Recurrence(
        start=start, rules=rules, excluding=excluding, dates=dates, excluded=_instants("EXDATE", lines, tz)
    )


_Line = tuple[str, str, str]


def _split(line: str) -> _Line:
    """`RDATE;TZID=Europe/Berlin:20260101T090000` in its three parts. A line without a name is a rule."""
    found = _LINE.fullmatch(line.strip())
    name = (found[1] or "RRULE").upper() if found else ""
    if found is None or (name == "RRULE" and "=" not in found[3].split(";")[0]):
        raise ScheduleError(
            f"{_cut(line)} is no line of a recurrence rule; those are DTSTART, RRULE, EXRULE, RDATE and EXDATE."
        )
    return name, found[2] or "", found[3].strip()


# -- dates -------------------------------------------------------------------------------------------------------------


def _instants(name: str, lines: list[_Line], tz: tzinfo) -> frozenset[datetime]:
    walls = [wall for line in lines if line[0] == name for wall in _moments(line[2], line[1], tz)]
    if len(walls) > _MOST_DATES:
        raise ScheduleError(f"{len(walls)} dates of {name} are too many; {_MOST_DATES} is the most.")
    return frozenset(instants_of(wall, tz)[0] for wall in walls)


def _moments(text: str, options: str, tz: tzinfo) -> list[datetime]:
    """Dates as wall times (naive) of the zone, whichever zone they are given in."""
    own = re.search(r"TZID=([^;:]+)", options, re.IGNORECASE)
    if "PERIOD" in options.upper():
        raise ScheduleError(f"{_cut(text)}: a schedule has instants, no periods.")
    source = zone(own[1]) if own else tz
    return [_moment(part.strip(), source).astimezone(tz).replace(tzinfo=None) for part in text.split(",")]


def _moment(text: str, tz: tzinfo) -> datetime:
    """`20260131`, `20260131T0900`, `20260131T090000Z`. A wall time in a gap stays what was written."""
    found = _TIME.fullmatch(text.upper())
    try:
        if found is None:
            raise ValueError
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        wall = datetime(year, month, day, hour, minute, second)
    except ValueError:
        raise ScheduleError(f"{_cut(text)} is no date of a recurrence rule; write 20260131T090000.") from None
    return wall.replace(tzinfo=UTC if found[7] else tz)


# -- rules -------------------------------------------------------------------------------------------------------------


def _rule(text: str, start: datetime, tz: tzinfo, anchored: bool) -> Rule:
    """One rule, with what it takes from its start. Raises `ScheduleError`."""
    fields = _fields(text)

    def refuse(problem: str) -> NoReturn:
        raise ScheduleError(f"{_cut(text)}: {problem}")

    name = fields.get("FREQ", "").upper()
    if name not in Frequency.__members__:
        refuse(f"FREQ is one of {', '.join(Frequency.__members__)}, not {name or 'missing'}.")
    frequency = Frequency[name]
    numbers = {key: _numbers(key, fields[key], refuse) for key in _RANGES if key in fields}
    weekdays, nth = _weekdays(fields.get("BYDAY", ""), refuse)
    if nth and frequency > Frequency.MONTHLY:
        refuse(f"BYDAY counts weekdays within a month or a year; with FREQ={name} write the day alone.")
    count = _positive("COUNT", fields, refuse)
    if count and "UNTIL" in fields:
        refuse("a rule ends by COUNT or by UNTIL, not by both.")
    if count and count > MOST_COUNTED:
        refuse(f"COUNT={count} is too much; {MOST_COUNTED} is the most. Use UNTIL.")
    if count and not anchored:
        refuse("COUNT needs a DTSTART to count from.")
    if fields.get("WKST", "MO").upper() not in _WEEKDAYS:
        refuse(f"WKST is one of {', '.join(_WEEKDAYS)}, not {fields['WKST']}.")
    rule = Rule(
        text=text,
        frequency=frequency,
        interval=_positive("INTERVAL", fields, refuse) or 1,
        count=count,
        until=_until(fields["UNTIL"], tz) if "UNTIL" in fields else None,
        week_start=_WEEKDAYS.index(fields.get("WKST", "MO").upper()),
        nth=nth,
        weeks=frozenset(numbers.get("BYWEEKNO", ())),
        year_days=frozenset(numbers.get("BYYEARDAY", ())),
        positions=numbers.get("BYSETPOS", ()),
        **_from_start(frequency, numbers, start, weekdays, nth != frozenset()),
    )
    if rule.positions and "BYDAY" not in fields and not numbers.keys() - {"BYSETPOS"}:
        refuse("BYSETPOS chooses among what another BY… names; give one.")
    if len(rule.hours or "-") * len(rule.minutes or "-") * len(rule.seconds or "-") > _MOST_TIMES:
        refuse(f"it names more than {_MOST_TIMES:,} times of day; use a shorter FREQ.")
    return rule


def _from_start(
    frequency: Frequency,
    numbers: Mapping[str, tuple[int, ...]],
    start: datetime,
    weekdays: frozenset[int],
    by_nth: bool,
) -> dict[str, Any]:
    """The parts of a rule that its start gives where it does not name them itself."""
    months = frozenset(numbers.get("BYMONTH", ()))
    month_days = frozenset(numbers.get("BYMONTHDAY", ()))
    if not (weekdays or by_nth or month_days or numbers.keys() & {"BYWEEKNO", "BYYEARDAY"}):
        if frequency is Frequency.YEARLY:
            months = months or frozenset({start.month})
        if frequency <= Frequency.MONTHLY:
            month_days = frozenset({start.day})
        elif frequency is Frequency.WEEKLY:
            weekdays = frozenset({start.weekday()})
    times = {
        name: numbers.get(key) or ((value,) if frequency < least else ())
        for name, key, value, least in (
            ("hours", "BYHOUR", start.hour, Frequency.HOURLY),
            ("minutes", "BYMINUTE", start.minute, Frequency.MINUTELY),
            ("seconds", "BYSECOND", start.second, Frequency.SECONDLY),
        )
    }
    return {"months": months, "month_days": month_days, "weekdays": weekdays, **times}


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in filter(None, text.replace(" ", "").split(";")):
        name, equals, value = part.partition("=")
        name = {"BYWEEKDAY": "BYDAY"}.get(name.upper(), name.upper())
        if name not in _KEYS or not equals or not value:
            raise ScheduleError(f"{_cut(text)}: {part!r} is no part of a rule; those are {', '.join(_KEYS)}.")
        if name in fields:
            raise ScheduleError(f"{_cut(text)} has two of {name}.")
        fields[name] = value
    return fields


_Refuse = Callable[[str], NoReturn]


def _numbers(name: str, text: str, refuse: _Refuse) -> tuple[int, ...]:
    low, high = _RANGES[name]
    numbers = set()
    for part in text.split(","):
        number = int(part) if re.fullmatch(r"[+-]?\d{1,4}", part) else None
        if number is None or not low <= number <= high or (low < 0 and number == 0):
            refuse(
                f"{name} names numbers from {low} to {high}{', but not 0' if low < 0 else ''}; {_cut(part)} is none."
            )
        numbers.add(number)
    return tuple(sorted(numbers))


def _weekdays(text: str, refuse: _Refuse) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
    plain, nth = set(), set()
    for part in filter(None, text.upper().split(",")):
        found = re.fullmatch(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", part)
        if found is None or (found[1] and not 1 <= abs(int(found[1])) <= 53):
            refuse(f"BYDAY names weekdays such as MO or -1FR; {_cut(part)} is none.")
        day = _WEEKDAYS.index(found[2])
        if found[1]:
            nth.add((int(found[1]), day))
        else:
            plain.add(day)
    return frozenset(plain), frozenset(nth)


def _positive(name: str, fields: Mapping[str, str], refuse: _Refuse) -> int | None:
    text = fields.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < 1:
        refuse(f"{name} is a number from 1; {_cut(text)} is none.")
    return int(text)


def _until(text: str, tz: tzinfo) -> datetime:
    """The last instant. A date alone includes its whole day."""
    moment = _moment(text, tz).astimezone(tz).replace(tzinfo=None)
    return max(instants_of(moment + _DAY - timedelta(seconds=1) if len(text) == len("20260131") else moment, tz)[:2])


def _cut(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
