"""Schedules as Prefect's programs write them: flowtui's own values."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flowtui.engine.clock import utc_now
from flowtui.engine.errors import ScheduleError
from flowtui.engine.model import CronSchedule as OwnCron
from flowtui.engine.model import IntervalSchedule as OwnInterval
from flowtui.engine.model import ScheduleSpec

__all__ = ["Cron", "CronSchedule", "Interval", "IntervalSchedule"]


def CronSchedule(cron: str, timezone: str | None = None, day_or: bool = True) -> OwnCron:
    """Fires when the wall clock of `timezone` (default: UTC) matches `cron`."""
    return OwnCron(cron=cron, timezone=timezone or "UTC", day_or=day_or)


def IntervalSchedule(
    interval: timedelta | float, anchor_date: datetime | None = None, timezone: str | None = None
) -> OwnInterval:
    """Fires each `interval` (seconds, or a timedelta), counted from `anchor_date` (default: now)."""
    span = interval if isinstance(interval, timedelta) else timedelta(seconds=interval)
    if span <= timedelta(0):
        raise ScheduleError(f"The interval of a schedule is {span}; it has to be positive.")
    anchor = anchor_date or utc_now()
    return OwnInterval(
        interval=span, anchor=anchor if anchor.tzinfo else anchor.replace(tzinfo=UTC), timezone=timezone or "UTC"
    )


def Cron(cron: str, /, timezone: str | None = None, day_or: bool = True, **more: Any) -> ScheduleSpec:
    """A cron schedule with the parameters of its runs."""
    return _spec(CronSchedule(cron, timezone, day_or), **more)


def Interval(
    interval: timedelta | float, /, anchor_date: datetime | None = None, timezone: str | None = None, **more: Any
) -> ScheduleSpec:
    """An interval schedule with the parameters of its runs."""
    return _spec(IntervalSchedule(interval, anchor_date, timezone), **more)


def _spec(
    schedule: OwnCron | OwnInterval, *, active: bool = True, parameters: Any = None, slug: str | None = None
) -> ScheduleSpec:
    return ScheduleSpec(schedule=schedule, active=active, parameters=parameters or {}, slug=slug)
