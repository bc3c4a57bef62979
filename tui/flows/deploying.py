"""From the answers of a small form to a deployment of a flow of the folder. Pure, but for `local_zone`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from flowtui.engine.deployments.describing import FlowOutline
from flowtui.engine.durations import parse_duration
from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.model import DeploymentSpec
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.cron import Cron
from flowtui.engine.schedules.fires import preview
from flowtui.engine.schedules.interval import Interval
from flowtui.engine.schedules.words import describe
from flowtui.tui.formats import until
from flowtui.tui.forms.form import Form
from flowtui.tui.widgets.paint import Spans

__all__ = ["HERE", "WHEN", "answers_form", "local_zone", "preview_lines", "problems_of", "schedule_of", "spec_of"]

WHEN: Final = ("on demand", "cron", "interval")
HERE: Final = "served here"
"""The choice beside the pools: no worker runs it, but a process of this workstation."""
_FORBIDDEN: Final = "/%&<>"
_PREVIEWED: Final = 3
_ZONES: Final = "zoneinfo/"


def answers_form(data: Mapping[str, Any], pools: Sequence[str], zone: str, *, name: str = "default") -> Form:
    """The questions, which depend on the answer to `when`."""
    when = data.get("when", WHEN[0])
    pool = "local" if "local" in pools else next(iter(pools), "local")
    more: dict[str, dict[str, Any]] = {
        WHEN[0]: {},
        WHEN[1]: {
            "cron": {
                "type": "string",
                "description": "Minute, hour, day of the month, month, weekday.",
                "examples": ["0 9 * * 1-5"],
            },
            "timezone": {"type": "string", "default": zone, "description": "Whose wall clock it follows."},
        },
        WHEN[2]: {"interval": {"type": "string", "description": "How often: 15m, 1h30m, 2d.", "examples": ["15m"]}},
    }
    schema = {
        "properties": {
            "name": {"type": "string", "default": name, "description": "The deployment's name within its flow."},
            "when": {"enum": list(WHEN), "default": WHEN[0], "description": "When it is run by itself."},
            **more[when],
            "pool": {
                "enum": [*(pools or ["local"]), HERE],
                "default": pool,
                "description": f"Whose workers run it; {HERE}: a process of this workstation does, while it is open.",
            },
        },
        "required": [key for key in more[when] if key != "timezone"],
    }
    kept = {key: value for key, value in data.items() if key in schema["properties"]}
    return Form.of(schema, kept or None)


def schedule_of(answers: Mapping[str, Any]) -> Schedule | None:
    """The schedule that was asked for; None is on demand. Raises `FlowtuiError`."""
    if answers.get("when") == "cron":
        return Cron(str(answers.get("cron") or ""), str(answers.get("timezone") or "UTC"))
    if answers.get("when") == "interval":
        return Interval(parse_duration(str(answers.get("interval") or "")))
    return None


def problems_of(answers: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """What does not fit, by the name of the answer."""
    found: dict[str, str] = {}
    name = str(answers.get("name") or "")
    bad = next((mark for mark in _FORBIDDEN if mark in name), None)
    if bad or not name.strip():
        found["name"] = f"{bad!r} cannot be part of a name." if bad else "A deployment needs a name."
    try:
        schedule = schedule_of(answers)
        if schedule is not None:
            schedule.check(now)
    except FlowtuiError as error:
        found["timezone" if "time zone" in str(error) else str(answers.get("when"))] = str(error)
    return found


def preview_lines(answers: Mapping[str, Any], now: datetime, zone: tzinfo | None) -> list[Spans]:
    """The schedule in words, and when it fires next. Nothing while it makes no sense."""
    try:
        schedule = schedule_of(answers)
        if schedule is None:
            return [[("runs only when it is asked for", "muted")]]
        fires = preview(schedule, now, _PREVIEWED, hash_id="preview")
        words = describe(schedule)
    except (UsageError, FlowtuiError):
        return [[("…", "faint")]]
    lines: list[Spans] = [[("◷ ", "scheduled"), (words, "text")]]
    for fire in fires:
        note = f"   {fire.note}" if fire.note else ""
        local = fire.instant.astimezone(zone)
        lines.append(
            [(f"  {local:%a %b %d %H:%M}", "muted"), (f"   {until(fire.instant, now)}", "faint"), (note, "late")]
        )
    return lines


def spec_of(outline: FlowOutline, answers: Mapping[str, Any], parameters: Mapping[str, Any]) -> DeploymentSpec:
    """What is kept. Raises `FlowtuiError` for a schedule that makes no sense."""
    schedule = schedule_of(answers)
    pool = None if answers["pool"] == HERE else str(answers["pool"])
    return DeploymentSpec(
        name=str(answers["name"]).strip(),
        flow_name=outline.name,
        entrypoint=outline.entrypoint,
        path=outline.folder,
        version=outline.version,
        description=outline.description,
        parameters=dict(parameters),
        parameter_openapi_schema=outline.schema,
        work_pool_name=pool,
        work_queue_name=None if pool is None else "default",
        schedules=() if schedule is None else (schedule,),
        retries=outline.retries,
        retry_delay_seconds=outline.retry_delay_seconds,
        created_by="workstation",
    )


def local_zone(zone: tzinfo | None) -> str:
    """The IANA name of the zone in which times are shown; UTC when this machine does not say its own."""
    if zone is UTC:
        return "UTC"
    try:
        target = str(Path("/etc/localtime").resolve())
    except OSError:
        return "UTC"
    return target.partition(_ZONES)[2] or "UTC"
