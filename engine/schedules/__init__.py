"""Schedules: from a cron line, an interval or a recurrence rule to the instants at which it fires."""

from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.catch_up import CatchUp
from flowtui.engine.schedules.cron import Cron
from flowtui.engine.schedules.interval import Interval
from flowtui.engine.schedules.rrule import RRule

__all__ = ["CatchUp", "Cron", "Interval", "RRule", "Schedule"]
