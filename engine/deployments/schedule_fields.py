"""The schedules of a deployment file: `schedule:` for one, `schedules:` for several."""

from datetime import datetime
from typing import Any, Final

from flowtui.engine.deployments.fields import Fields
from flowtui.engine.deployments.templates import placeholders_of
from flowtui.engine.durations import DURATION_FORMS, parse_duration
from flowtui.engine.errors import ScheduleError, UsageError
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.catch_up import CatchUp, catch_up_from
from flowtui.engine.schedules.wire import schedule_from_json

__all__ = ["read_schedules"]

_KINDS: Final = ("cron", "interval", "rrule")
_BELONGS: Final = {"anchor_date": ("interval",), "day_or": ("cron",), "dst_overlap": ("cron", "rrule")}
_KEYS: Final = (
    *_KINDS, "timezone", "anchor_date", "day_or", "dst_overlap", "active", "parameters", "slug", "replaces", "catch_up",
    "catchup", "max_scheduled_runs", "max_active_runs",
)  # fmt: skip


def read_schedules(entry: Fields) -> tuple[Schedule, ...] | None:
    """The schedules of a deployment; None when the file does not speak of any. Raises `DeploymentFileError`.

    While placeholders are open, a schedule that has one is left out.
    """
    one = entry.mapping("schedule", _KEYS)
    several = [fields for fields in entry.mappings("schedules", _KEYS) if not _is_open(fields)]
    if one is not None and _is_open(one):
        one = None
    if entry.get("schedules") is None and not (one is not None and one.tree.value):
        return None
    if one is not None and one.tree.value and several:
        raise entry.refuse("schedule", "is given beside schedules; put it into that list.")
    found: list[Schedule] = []
    for fields in ([one] if one is not None and one.tree.value else []) + several:
        found.append(_schedule(fields))
        slugs = [schedule.slug for schedule in found if schedule.slug]
        if len(slugs) != len(set(slugs)):
            raise fields.refuse("slug", f"{slugs[-1]!r} is the slug of another schedule of this deployment.")
    return tuple(found)


def _is_open(fields: Fields) -> bool:
    return fields.open and next(placeholders_of(fields.tree.value), None) is not None


def _schedule(fields: Fields) -> Schedule:
    kind = _kind(fields)
    for key, kinds in _BELONGS.items():
        if kind not in kinds and fields.get(key):
            raise fields.refuse(key, f"belongs to {' and '.join(kinds)}, not to {kind}.")
    data: dict[str, Any] = {"timezone": fields.text("timezone"), "anchor_date": _anchor(fields)}
    data |= {kind: _seconds(fields) if kind == "interval" else fields.text(kind)}
    data |= {"day_or": fields.flag("day_or", default=True), "dst_overlap": fields.text("dst_overlap")}
    options = {
        "active": fields.flag("active", default=True),
        "parameters": fields.json("parameters"),
        "slug": fields.text("slug"),
        "replaces": fields.text("replaces"),
        "catch_up": _catch_up(fields),
        "max_scheduled_runs": _value(fields, "max_scheduled_runs"),
    }
    try:
        schedule = schedule_from_json(data, **options)
        schedule.check()
    except ScheduleError as error:
        raise fields.refuse(_blamed(str(error), fields, kind), str(error)) from error
    return schedule


def _kind(fields: Fields) -> str:
    given = [key for key in _KINDS if fields.get(key)]
    if len(given) != 1:
        said = "has " + " and ".join(given) if given else "has none of them"
        key = given[0] if given else "cron"
        raise fields.refuse(key, f"a schedule has one of cron, interval and rrule; this one {said}.")
    return given[0]


def _blamed(problem: str, fields: Fields, kind: str) -> str:
    """The key that a refusal is about."""
    if "time zone" in problem:
        return "timezone"
    return next((key for key in _KEYS if key in problem and fields.get(key)), kind)


def _catch_up(fields: Fields) -> CatchUp | None:
    """`catch_up: latest`, `catch_up: within 10m` or `catch_up: {within: 10m}`; also spelled `catchup`."""
    key = "catch_up" if fields.get("catch_up") else "catchup"
    if fields.get("catch_up") and fields.get("catchup"):
        raise fields.refuse("catchup", "is given as catch_up already.")
    tree = fields.get(key)
    if tree is None or tree.value is False:  # what `catchup: false` leaves out is more than one run
        return None
    given: Any = "all" if tree.value is True else tree.text
    if tree.fields is not None:
        given = {name: value.text for name, value in tree.fields.items()}
    try:
        return catch_up_from(given)
    except ScheduleError as error:
        raise fields.refuse(key, str(error)) from error


def _value(fields: Fields, key: str) -> Any:
    tree = fields.get(key)
    return None if tree is None else tree.value


def _seconds(fields: Fields) -> float:
    text = fields.text("interval") or ""
    try:
        return parse_duration(text).total_seconds()
    except UsageError as error:
        raise fields.refuse("interval", f"{text!r} is no duration; write {DURATION_FORMS}.") from error


def _anchor(fields: Fields) -> str | None:
    text = fields.text("anchor_date")
    if text is None:
        return None
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise fields.refuse("anchor_date", f"{text!r} is no date; write 2026-01-31T09:00.") from error
    return text
