"""A schedule is moved: with the commands and the Python that do the same, and the way back."""

from typing import Any, Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.cron import Cron
from flowtui.engine.schedules.interval import Interval
from flowtui.engine.schedules.rrule import RRule
from flowtui.engine.schedules.words import describe
from flowtui.tui.acting.calls import command, python
from flowtui.tui.acting.deed import Deed, Done
from flowtui.tui.forms.json_text import dumps
from flowtui.tui.radar.plan import Planned

__all__ = ["move_deed"]

_IMPORT: Final = "from flowtui import Cron, Interval, RRule"


def move_deed(planned: Planned, to: Schedule) -> Deed:
    """Put another value in the place of a schedule; undo puts the old one back."""
    return _deed(planned, planned.schedule, to, way_back=True)


def _deed(planned: Planned, old: Schedule, new: Schedule, *, way_back: bool) -> Deed:
    def do(client: Client) -> Done:
        saved = client.update_schedule(planned.schedule_id, new)
        back = _deed(planned, new, old, way_back=False) if way_back else None
        return Done(words=f"{planned.deployment} fires {describe(saved.schedule)} from now on.", value=saved, back=back)

    # There is no command that changes a schedule: the old one goes, and the new one comes in its place.
    lines = [
        command("deployment", "schedule", "delete", planned.deployment, new.slug or planned.schedule_id, yes=True),
        command("deployment", "schedule", "create", planned.deployment, **_definition(new), **_options(new)),
    ]
    return Deed(
        title=f"Move {planned.deployment} to {describe(new)}",
        command="\n".join(lines),
        python=python("update_schedule", planned.schedule_id, _Written(new), imports=(_IMPORT,)),
        do=do,
    )


def _definition(schedule: Schedule) -> dict[str, Any]:
    """The options of the command that say when it fires."""
    match schedule:
        case Cron():
            return {"cron": schedule.cron, "timezone": schedule.timezone}
        case Interval():
            seconds = f"{schedule.interval.total_seconds():g}"
            anchor = schedule.anchor_date.isoformat()
            return {"interval": seconds, "anchor_date": anchor, "timezone": schedule.timezone}
        case RRule():
            return {"rrule": schedule.rrule, "timezone": schedule.timezone}
    return {}


def _options(schedule: Schedule) -> dict[str, Any]:
    """The options of the command that say how its runs are made."""
    return {
        "slug": schedule.slug,
        "params": dumps(dict(schedule.parameters)) if schedule.parameters else None,
        "max_scheduled_runs": schedule.max_scheduled_runs,
    }


class _Written:
    """A schedule as Python writes it: an interval's anchor has no plain form of its own, so it is written as text."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def __repr__(self) -> str:
        schedule = self._schedule
        if not isinstance(schedule, Interval):
            return repr(schedule)
        given = {
            "interval": schedule.interval.total_seconds(),
            "anchor_date": schedule.anchor_date.isoformat(),
            "timezone": schedule.timezone,
            "slug": schedule.slug,
            "active": schedule.active,
            "parameters": dict(schedule.parameters),
        }
        return f"Interval({', '.join(f'{name}={value!r}' for name, value in given.items())})"
