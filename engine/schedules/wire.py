"""Schedules as the wire and the store write them."""

from collections.abc import Mapping
from typing import Any, Final, Unpack

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules.base import Options, Schedule
from flowtui.engine.schedules.cron import Cron
from flowtui.engine.schedules.interval import Interval
from flowtui.engine.schedules.rrule import RRule

__all__ = ["schedule_from_json"]

_KINDS: Final[Mapping[str, Any]] = {"cron": Cron, "interval": Interval, "rrule": RRule}


def schedule_from_json(data: Mapping[str, Any], **options: Unpack[Options]) -> Schedule:
    """The schedule whose `to_json` this is; everything but `cron`, `interval` or `rrule` may be missing or null.

    `options` are what that leaves out: `active`, `slug` and the others. Raises `ScheduleError` for anything else.
    """
    given = [name for name in _KINDS if data.get(name) is not None]
    if len(given) != 1:
        raise ScheduleError("A schedule needs one of cron (text), interval (seconds) and rrule (text).")
    kind = _KINDS[given[0]]
    names = ("timezone", "anchor_date", "day_or", "dst_overlap")
    known = kind.__dataclass_fields__
    definition = {name: data[name] for name in names if name in known and data.get(name) is not None}
    schedule: Schedule = kind(data[given[0]], **definition, **options)
    return schedule
