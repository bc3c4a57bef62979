"""The schedules of a deployment file: `schedule:` for one, `schedules:` for several."""

from datetime import datetime
from typing import Any, Final

from flowtui.engine.deployments.fields import Fields
from flowtui.engine.deployments.templates import placeholders_of
from flowtui.engine.durations import DURATION_FORMS, parse_duration
from flowtui.engine.errors import ScheduleError, UsageError
from flowtui.engine.model import Schedule, ScheduleSpec
from flowtui.engine.schedules import schedule_from_json, validate_schedule

__all__ = ["read_schedules"]

_KEYS: Final = (
    "cron", "interval", "rrule", "timezone", "anchor_date", "day_or", "active", "parameters", "slug", "replaces",
)  # fmt: skip


def read_schedules(entry: Fields) -> tuple[ScheduleSpec, ...] | None:
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
    specs = []
    for fields in ([one] if one is not None and one.tree.value else []) + several:
        specs.append(_spec(fields))
        slugs = [spec.slug for spec in specs if spec.slug]
        if len(slugs) != len(set(slugs)):
            raise fields.refuse("slug", f"{slugs[-1]!r} is the slug of another schedule of this deployment.")
    return tuple(specs)


def _is_open(fields: Fields) -> bool:
    return fields.open and next(placeholders_of(fields.tree.value), None) is not None


def _spec(fields: Fields) -> ScheduleSpec:
    return ScheduleSpec(
        schedule=_schedule(fields),
        active=fields.flag("active", default=True),
        parameters=fields.json("parameters"),
        slug=fields.text("slug"),
    )


def _schedule(fields: Fields) -> Schedule:
    given = [key for key in ("cron", "interval", "rrule") if fields.get(key)]
    if given == ["rrule"]:
        raise fields.refuse("rrule", "recurrence rules are not supported yet; use cron or interval.")
    if len(given) != 1:
        said = "has " + " and ".join(given) if given else "has neither"
        raise fields.refuse(given[0] if given else "cron", f"a schedule has either cron or interval; this one {said}.")
    key = given[0]
    for foreign in ("anchor_date",) if key == "cron" else ("day_or",):
        if fields.get(foreign):
            raise fields.refuse(foreign, f"belongs to {'interval' if key == 'cron' else 'cron'}, not to {key}.")
    data: dict[str, Any] = {"timezone": fields.text("timezone"), "anchor_date": _anchor(fields)}
    if key == "cron":
        data |= {"cron": fields.text("cron"), "day_or": fields.flag("day_or", default=True)}
    else:
        data["interval"] = _seconds(fields)
    try:
        schedule = schedule_from_json(data)
        validate_schedule(schedule)
    except ScheduleError as error:
        raise fields.refuse("timezone" if "time zone" in str(error) else key, str(error)) from error
    return schedule


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
