"""Schedules as Prefect's programs write them: flowtui's own values, with the names and defaults of theirs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flowtui.engine import schedules as own
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import ScheduleError

__all__ = ["Cron", "CronSchedule", "Interval", "IntervalSchedule", "RRule", "RRuleSchedule", "Schedule"]


def CronSchedule(cron: str, timezone: str | None = None, day_or: bool = True) -> own.Cron:
    """Fires when the wall clock of `timezone` (default: UTC) matches `cron`."""
    return own.Cron(cron, timezone, day_or)


def IntervalSchedule(
    interval: timedelta | float, anchor_date: datetime | None = None, timezone: str | None = None
) -> own.Interval:
    """Fires each `interval` (seconds, or a timedelta), counted from `anchor_date` (default: now)."""
    return Interval(interval, anchor_date, timezone)


def RRuleSchedule(rrule: str, timezone: str | None = None) -> own.RRule:
    """Fires as a recurrence rule says."""
    return own.RRule(rrule, timezone)


def Cron(
    cron: str,
    /,
    timezone: str | None = None,
    day_or: bool = True,
    active: bool = True,
    parameters: Any = None,
    slug: str | None = None,
) -> own.Cron:
    """A cron schedule with the parameters of its runs."""
    return own.Cron(cron, timezone, day_or, active=active, parameters=parameters, slug=slug)


def Interval(
    interval: timedelta | float,
    /,
    anchor_date: datetime | None = None,
    timezone: str | None = None,
    active: bool = True,
    parameters: Any = None,
    slug: str | None = None,
) -> own.Interval:
    """An interval schedule with the parameters of its runs, counted from `anchor_date` (default: now)."""
    anchor = anchor_date or utc_now()
    anchor = anchor if anchor.tzinfo else anchor.replace(tzinfo=UTC)
    return own.Interval(interval, anchor, timezone, active=active, parameters=parameters, slug=slug)


def RRule(
    rrule: str,
    /,
    timezone: str | None = None,
    active: bool = True,
    parameters: Any = None,
    slug: str | None = None,
) -> own.RRule:
    """A recurrence rule with the parameters of its runs."""
    return own.RRule(rrule, timezone, active=active, parameters=parameters, slug=slug)


def Schedule(
    interval: timedelta | float | None = None,
    cron: str | None = None,
    rrule: str | None = None,
    timezone: str | None = None,
    anchor_date: datetime | None = None,
    day_or: bool = True,
    active: bool = True,
    parameters: Any = None,
    slug: str | None = None,
) -> own.Schedule:
    """A schedule of the one kind that is given."""
    options: dict[str, Any] = {"active": active, "parameters": parameters, "slug": slug}
    if sum(given is not None for given in (interval, cron, rrule)) != 1:
        raise ScheduleError("A schedule needs one of interval, cron and rrule.")
    if cron is not None:
        return Cron(cron, timezone, day_or, **options)
    if rrule is not None:
        return RRule(rrule, timezone, **options)
    return Interval(interval or 0, anchor_date, timezone, **options)
