"""Cron lines: matched against the wall clock of the schedule's zone.

A line that names its minutes and hours fires once where clocks go back; one with a wildcard or a step in either ("every
hour", "every 15 minutes") fires at both, for real time passes. A line that fires every hour skips a gap: the hours
before and after it are there anyway. See `walls.py` for everything else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules.base import Options, Schedule, keep
from flowtui.engine.schedules.walls import fires_of, first_wall, zone

if TYPE_CHECKING:
    from croniter import croniter

__all__ = ["Cron"]

_LONGEST: Final = 500
_FARTHEST: Final = 130
"""Years to look ahead: a year field ends at 2099. Finding nothing takes 2 ms."""
_FIELD_MAX: Final = (59, 23, 31, 12, 7, 59, 2099)
_FIELD_NAMES: Final = ("minute", "hour", "day of month", "month", "day of week", "second", "year")
# `H` is a time drawn from the deployment's id, `R` one drawn anew at each look, which no schedule can live with.
_HASHED: Final = re.compile(r"h(\(\d+-\d+\))?(/\d+)?", re.IGNORECASE)
_RANDOM: Final = re.compile(r"r(\(\d+-\d+\))?(/\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Cron(Schedule):
    """Fires when the wall clock of `timezone` (default UTC) matches the line `cron`.

    Five fields: minute, hour, day of month, month, day of week; a sixth is the second and a seventh the year. `day_or`:
    day of month or day of week, as cron has it; False wants both. `dst_overlap="twice"`: a time of day that comes
    twice, because clocks go back, fires twice. Options: `active`, `parameters`, `slug`, `replaces`, `catch_up` and
    `max_scheduled_runs`. A line that makes no sense is refused (`ScheduleError`) when it is first used or saved.
    """

    cron: str
    day_or: bool
    dst_overlap: Literal["once", "twice"]

    def __init__(
        self,
        cron: str,
        timezone: str | None = None,
        day_or: bool = True,
        dst_overlap: Literal["once", "twice"] = "once",
        **options: Unpack[Options],
    ) -> None:
        if not isinstance(cron, str):
            raise ScheduleError(f"A cron line is a text such as '0 9 * * 1-5', not {cron!r}.")
        if dst_overlap not in ("once", "twice"):
            raise ScheduleError(f"dst_overlap is once or twice, not {dst_overlap!r}.")
        keep(self, options, cron=cron, timezone=timezone, day_or=bool(day_or), dst_overlap=dst_overlap)

    @property
    def text(self) -> str:
        return repr(self.cron)

    def to_json(self) -> dict[str, Any]:
        """`{"cron", "timezone", "day_or"}`, and `dst_overlap` where it is not the default."""
        overlap = {} if self.dst_overlap == "once" else {"dst_overlap": self.dst_overlap}
        return {"cron": self.cron, "timezone": self.timezone, "day_or": self.day_or, **overlap}

    def _instants(self, after: datetime, hash_id: str | None) -> Iterator[datetime]:
        tz = zone(self.timezone)
        walk = _croniter(self, first_wall(after, tz), hash_id)
        every_hour = "*" in walk.expanded[1]
        passing = any("*" in text or "/" in text for text in walk.expressions[:2]) or every_hour
        return fires_of(
            _walls(walk),
            tz,
            after,
            twice=passing or self.dst_overlap == "twice",
            skip_gaps=every_hour,
            go_on_at=walk.set_current,
        )


def _walls(walk: "croniter") -> Iterator[datetime]:
    """The wall times (naive) that match, ascending."""
    while True:
        try:
            wall: datetime = walk.get_next(datetime)
        except (ValueError, OverflowError):  # croniter's own "there is no such date" is a ValueError
            return
        yield wall


def _croniter(schedule: Cron, start: datetime, hash_id: str | None) -> "croniter":
    """An iterator over the matching wall times, checked. Raises `ScheduleError`."""
    from croniter import CroniterError, croniter  # noqa: PLC0415 - 45 ms that only schedules pay

    hashed = _check_text(schedule.cron)
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
        raise ScheduleError(_problem(schedule.cron, str(error))) from error


def _check_text(cron: str) -> bool:
    """Refuse what croniter would accept and misread. True when the line contains `H`."""
    if len(cron) > _LONGEST:
        raise ScheduleError(f"A cron line of {len(cron)} characters is too long; {_LONGEST} is the most.")
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


def _problem(cron: str, words: str) -> str:
    """A sentence about a line that croniter refuses; its own words repeat the line or are a whole traceback."""
    last_line = (words.strip().splitlines() or [""])[-1]
    said = last_line.removeprefix(f"[{cron}] is not acceptable").strip(" .,:")
    return f"{cron!r} is no cron line that can be read" + (f": {said}." if 0 < len(said) < 120 else ".")
