"""What a planner does with one schedule now: which instants become runs, and when to look at it again. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.catch_up import GRACE, MOST_CAUGHT_UP, left_out
from flowtui.engine.schedules.reach import Reach

__all__ = ["Plan", "newest_fires", "plan"]

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done."""

    instants: tuple[datetime, ...]
    """Those that become runs, ascending."""
    planned_until: datetime
    """All instants up to here have been made into runs, or left out."""
    next_plan: datetime | None
    """When to look at the schedule again; None when it has no instant left."""
    note: str | None = None
    """About instants that were missed and are left out."""


def plan(
    schedule: Schedule,
    *,
    planned_until: datetime | None,
    waiting: int,
    now: datetime,
    reach: Reach,
    hash_id: str,
) -> Plan:
    """`waiting` is how many of its runs are there already and not due yet. Raises `ScheduleError`."""
    since = planned_until or now
    caught, note = _caught_up(schedule, since, now, hash_id)
    room = max((schedule.max_scheduled_runs or reach.per_schedule) - waiting, 0)
    start = max(since, now)
    ahead = schedule.next_fires(start, room + 1, hash_id=hash_id)
    made = [fire for fire in ahead[:room] if fire <= now + reach.horizon]
    until = made[-1] if made else start
    return Plan(
        instants=(*caught, *made),
        planned_until=until,
        next_plan=_next_plan(ahead, made, until, now, reach.horizon),
        note=note,
    )


def _next_plan(
    ahead: list[datetime], made: list[datetime], until: datetime, now: datetime, horizon: timedelta
) -> datetime | None:
    """When the next instant comes within reach; where there was no more room, when half of the runs have started."""
    if len(ahead) == len(made):
        return None
    following = ahead[len(made)]
    if following > now + horizon:
        return following - horizon
    half = made[len(made) // 2] if made else now + (until - now) / 2
    return max(half, now + _SECOND / 2)


def _caught_up(schedule: Schedule, since: datetime, now: datetime, hash_id: str) -> tuple[list[datetime], str | None]:
    """Of the instants after `since` that are past, those that are run; and a sentence about the others."""
    if since >= now:
        return [], None
    policy = schedule.catch_up
    if policy.policy == "all":
        due = newest_fires(schedule, since, now, MOST_CAUGHT_UP, hash_id)
    else:
        due = newest_fires(schedule, max(since, now - max(policy.tolerance, GRACE)), now, MOST_CAUGHT_UP, hash_id)
        if policy.policy == "latest" and not due:
            due = newest_fires(schedule, since, now, 1, hash_id)
    out = left_out(policy, due, now)
    caught = [instant for instant in due if instant not in out]
    first = schedule.fires_between(since, now, 1, hash_id=hash_id)
    if not first or first[0] in caught:
        return caught, None
    last = f"until before {caught[0]:%Y-%m-%d %H:%M:%S}" if caught else f"until {now:%Y-%m-%d %H:%M:%S}"
    span = f"from {first[0]:%Y-%m-%d %H:%M:%S} {last} UTC"
    return caught, f"Missed instants, {span}, were left out (catch_up: {policy})."


def newest_fires(schedule: Schedule, after: datetime, until: datetime, n: int, hash_id: str) -> list[datetime]:
    """The last `n` instants after `after` that are not after `until`, ascending; found from the end, in few looks.

    Looks into longer and longer spans before `until`, and where one holds very many, into shorter ones again.
    """
    most = 4 * n
    short, span, long = timedelta(0), n * _SECOND, None  # nothing fires more than once a second
    while True:
        found = schedule.fires_between(max(until - span, after), until, most, hash_id=hash_id)
        if len(found) < most and (len(found) >= n or until - span <= after):
            return found[-n:]
        short, long = (span, long) if len(found) < n else (short, span)
        span = 2 * span if long is None else (short + long) / 2
