"""Intervals: whole days by the wall clock of the schedule's zone, everything else by elapsed time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Unpack

from flowtui.engine.durations import DURATION_FORMS, parse_duration
from flowtui.engine.errors import ScheduleError, UsageError
from flowtui.engine.schedules.base import Options, Schedule, keep
from flowtui.engine.schedules.walls import instants_of, zone

__all__ = ["Interval"]

_ANCHOR: Final = datetime(2020, 1, 1)
"""From where an interval without an anchor counts (midnight in its zone): fixed, so that "every 15 minutes" means the
quarters of the hour, and deploying twice gives the same schedule."""
_DAY: Final = timedelta(days=1)
_LEAST: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Interval(Schedule):
    """Fires each `interval` (a timedelta, seconds, `1h30m`, `00:15:00` or `PT15M`), counted from `anchor_date`.

    Whole days follow the wall clock of `timezone` (default UTC): "every day" stays at 09:00. Everything else is elapsed
    time. The anchor fixes the phase, not the beginning; without an offset it is a wall time of the zone, and without
    an anchor it is midnight there on 2020-01-01. Options: `active`, `parameters`, `slug`, `replaces`, `catch_up` and
    `max_scheduled_runs`.
    """

    interval: timedelta
    anchor_date: datetime

    def __init__(
        self,
        interval: timedelta | float | str,
        anchor_date: datetime | str | None = None,
        timezone: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        length = _length(interval)
        if length <= timedelta(0):
            raise ScheduleError(f"The interval of a schedule is {length}; it has to be positive.")
        keep(self, options, interval=length, anchor_date=_ANCHOR, timezone=timezone)
        object.__setattr__(self, "anchor_date", _anchor(anchor_date, self.timezone))

    @property
    def text(self) -> str:
        return f"An interval of {self.interval}"

    def to_json(self) -> dict[str, Any]:
        """`{"interval": seconds, "anchor_date": ISO 8601, "timezone"}`."""
        seconds = self.interval.total_seconds()
        return {
            "interval": int(seconds) if seconds.is_integer() else seconds,
            "anchor_date": self.anchor_date.isoformat(),
            "timezone": self.timezone,
        }

    def check(self, now: datetime | None = None) -> None:
        if self.interval < _LEAST:
            seconds = self.interval.total_seconds()
            raise ScheduleError(f"An interval of {seconds:g} s is too short; one second is the least.")
        Schedule.check(self, now)

    def _instants(self, after: datetime, hash_id: str | None) -> Iterator[datetime]:
        tz, step = zone(self.timezone), self.interval
        by_wall = step % _DAY == timedelta(0)
        anchor = self.anchor_date.astimezone(tz).replace(tzinfo=None) if by_wall else self.anchor_date.astimezone(UTC)
        origin = after.astimezone(tz).replace(tzinfo=None) if by_wall else after
        # One step early: where clocks went back, the present wall time may have to come a second time.
        number = (origin - anchor) // step - (1 if by_wall else 0)
        last = after
        try:
            while True:
                number += 1
                moment = anchor + number * step
                instant = instants_of(moment, tz)[0] if by_wall else moment
                if instant > last:
                    last = instant
                    yield instant
        except OverflowError:
            return


def _length(given: timedelta | float | str) -> timedelta:
    if isinstance(given, timedelta):
        return given
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ScheduleError(f"The interval of a schedule is {DURATION_FORMS}, not {given!r}.")
    try:
        return parse_duration(given) if isinstance(given, str) else timedelta(seconds=given)
    except UsageError as error:
        raise ScheduleError(str(error)) from error
    except (ValueError, OverflowError) as error:
        raise ScheduleError(f"An interval of {given!r} seconds cannot be counted.") from error


def _anchor(given: datetime | str | None, timezone: str) -> datetime:
    """Aware: what has no offset is a wall time of the zone."""
    try:
        anchor = datetime.fromisoformat(given) if isinstance(given, str) else given or _ANCHOR
        return anchor if anchor.tzinfo is not None else anchor.replace(tzinfo=zone(timezone))
    except (ValueError, TypeError, AttributeError) as error:
        if isinstance(error, ScheduleError):
            raise
        raise ScheduleError(f"anchor_date is a time such as 2026-01-31T09:00, not {given!r}.") from error
