"""The next instants of a schedule as a person wants to see them: on its own clock, with what that clock does there."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.walls import offset_at, zone

__all__ = ["Fire", "preview"]

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """An instant of a schedule."""

    instant: datetime
    """In UTC."""
    local: datetime
    """In the zone of the schedule."""
    note: str | None = None
    """What a change of the clock means for it."""


def preview(schedule: Schedule, after: datetime, n: int, *, hash_id: str | None = None) -> tuple[Fire, ...]:
    """The next `n` instants after `after`. Raises `ScheduleError`."""
    tz = zone(schedule.timezone)
    fires = schedule.next_fires(after, n, hash_id=hash_id)
    return tuple(Fire(instant=fire, local=fire.astimezone(tz), note=_note(fire, schedule.timezone)) for fire in fires)


def _note(fire: datetime, timezone: str) -> str | None:
    tz = zone(timezone)
    local = fire.astimezone(tz)
    skipped = offset_at(fire, tz) - offset_at(fire - _SECOND, tz)
    if skipped > timedelta(0):
        return f"clocks go forward here: {local - skipped:%H:%M} to {local:%H:%M} does not exist"
    wall = local.replace(tzinfo=None, fold=0)
    if wall.replace(tzinfo=tz).astimezone(UTC) == wall.replace(tzinfo=tz, fold=1).astimezone(UTC):
        return None
    return f"clocks go back: {wall:%H:%M} comes twice, and this is the {'second' if local.fold else 'first'}"
