"""Another schedule that fires as this one does, some minutes later or earlier. Pure."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.cron import Cron
from flowtui.engine.schedules.interval import Interval
from flowtui.engine.schedules.rrule import RRule

__all__ = ["shifted"]

_HOUR: Final = 60
_DAY: Final = 24 * _HOUR
_ALIASES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_STAMP: Final = re.compile(r"(DTSTART[^:\n]*:)(\d{8}T\d{6})(Z?)", re.IGNORECASE)


def shifted(schedule: Schedule, minutes: int) -> Schedule:
    """The schedule, `minutes` later (earlier, when negative); all else stays. Raises `ScheduleError`, with the reason,
    for one that cannot be moved without becoming another one."""
    if minutes == 0:
        return schedule
    match schedule:
        case Interval():
            return replace(schedule, anchor_date=schedule.anchor_date + timedelta(minutes=minutes))
        case Cron():
            return replace(schedule, cron=_cron(schedule.cron, minutes))
        case RRule():
            return replace(schedule, rrule=_rrule(schedule.rrule, minutes))
    raise ScheduleError(f"{schedule.text} cannot be moved.")


# -- cron --------------------------------------------------------------------------------------------------------------


def _cron(line: str, minutes: int) -> str:
    fields = _ALIASES.get(line.strip().lower(), line).split()
    if len(fields) < 5:
        raise ScheduleError(f"{line!r} cannot be moved.")
    minute, hour, *rest = fields
    anyday = rest[:3] == ["*", "*", "*"] or rest[:3] == ["?", "*", "*"] or rest[:3] == ["*", "*", "?"]
    if minute == "*":
        raise ScheduleError("It fires each minute; there is nothing to move.")
    if hour == "*":
        if not anyday:
            _stay_within(minute, minutes, line)
        return " ".join([_each_hour(minute, minutes, line), hour, *rest])
    moved = {(h * _HOUR + m + minutes) for h in _numbers(hour, 23, line) for m in _numbers(minute, 59, line)}
    if any(not 0 <= at < _DAY for at in moved):
        if not anyday:
            raise ScheduleError(f"{line!r} would move past midnight, to other days than it names.")
        moved = {at % _DAY for at in moved}
    hours, of_hour = sorted({at // _HOUR for at in moved}), sorted({at % _HOUR for at in moved})
    if len(hours) * len(of_hour) != len(moved):
        raise ScheduleError(
            f"{line!r} has several times; some would move into another hour, which one line cannot say."
        )
    return " ".join([",".join(map(str, of_hour)), ",".join(map(str, hours)), *rest])


def _each_hour(minute: str, minutes: int, line: str) -> str:
    """The minutes of an hour, moved around it."""
    step = re.fullmatch(r"(?:\*|(\d+)(?:-59)?)/(\d+)", minute)
    if step and int(step[2]) > 0 and _HOUR % int(step[2]) == 0:
        size = int(step[2])
        offset = (int(step[1] or 0) + minutes) % size
        return f"*/{size}" if offset == 0 else f"{offset}-59/{size}"
    return ",".join(map(str, sorted({(at + minutes) % _HOUR for at in _numbers(minute, 59, line)})))


def _stay_within(minute: str, minutes: int, line: str) -> None:
    """On some days only: what wraps around the hour would wrap around the day, too."""
    found = _numbers(minute, 59, line)
    if any(not 0 <= at + minutes < _HOUR for at in found):
        raise ScheduleError(f"{line!r} would move past midnight, to other days than it names.")


def _numbers(field: str, most: int, line: str) -> list[int]:
    """`5`, `0,30`, `9-17`, `*/6`: all of them."""
    found: set[int] = set()
    for part in field.split(","):
        match = re.fullmatch(r"(\*|\d+(?:-\d+)?)(?:/(\d+))?", part)
        if match is None:
            raise ScheduleError(f"{line!r} cannot be moved: {part!r} in it is drawn or named.")
        low, high = (0, most) if match[1] == "*" else _ends(match[1], most if match[2] else None)
        found.update(range(low, high + 1, int(match[2] or 1) or 1))
    return sorted(found)


def _ends(text: str, open_end: int | None) -> tuple[int, int]:
    low, dash, high = text.partition("-")
    return int(low), int(high) if dash else (open_end if open_end is not None else int(low))


# -- recurrence rules --------------------------------------------------------------------------------------------------


def _rrule(text: str, minutes: int) -> str:
    hour, minute = _only(text, "BYHOUR"), _only(text, "BYMINUTE")
    dated = _STAMP.search(text)
    if hour is not None or minute is not None:
        if hour is None or minute is None or len(re.findall("RRULE|FREQ", text, re.IGNORECASE)) > 2:
            raise ScheduleError("Its rule names hours or minutes alone, or several; it cannot be moved.")
        at = hour * _HOUR + minute + minutes
        if not 0 <= at < _DAY:
            raise ScheduleError("Its rule would move past midnight, to other days than it names.")
        text = re.sub(r"(BYHOUR=)\d+", rf"\g<1>{at // _HOUR}", text, flags=re.IGNORECASE)
        return re.sub(r"(BYMINUTE=)\d+", rf"\g<1>{at % _HOUR}", text, flags=re.IGNORECASE)
    if dated is None or re.search("BYDAY|BYMONTH|RDATE|EXDATE|UNTIL", text, re.IGNORECASE):
        raise ScheduleError("Its rule has no time that could be moved alone; change the rule itself.")
    later = datetime.strptime(dated[2], "%Y%m%dT%H%M%S") + timedelta(minutes=minutes)
    return f"{text[: dated.start()]}{dated[1]}{later:%Y%m%dT%H%M%S}{dated[3]}{text[dated.end() :]}"


def _only(text: str, name: str) -> int | None:
    """The value of a part of the rule, when it has exactly one. Raises `ScheduleError` for several."""
    found = re.findall(rf"{name}=([\d,]+)", text, re.IGNORECASE)
    if not found:
        return None
    if len(found) > 1 or "," in found[0]:
        raise ScheduleError("Its rule has several times of day; it cannot be moved as one.")
    return int(found[0])
