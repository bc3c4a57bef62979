"""Schedules: from a cron line, an interval or a recurrence rule to the instants at which it fires.

Each is loaded when it is used first: who looks at runs needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from flowtui.engine.schedules.base import Schedule
    from flowtui.engine.schedules.catch_up import CatchUp
    from flowtui.engine.schedules.cron import Cron
    from flowtui.engine.schedules.interval import Interval
    from flowtui.engine.schedules.rrule import RRule

__all__ = ["CatchUp", "Cron", "Interval", "RRule", "Schedule"]

_HOME: Final = {"CatchUp": "catch_up", "Cron": "cron", "Interval": "interval", "RRule": "rrule", "Schedule": "base"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value
