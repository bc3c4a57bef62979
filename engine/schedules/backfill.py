"""Which instants of the past a backfill makes up for. Pure."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from flowtui.engine.errors import UsageError
from flowtui.engine.model import DeploymentSchedule

__all__ = ["MOST_BACKFILLED", "USUAL_LIMIT", "Backfill", "instants_to_backfill"]

USUAL_LIMIT: Final = 500
"""Runs of one backfill, unless more are asked for."""
MOST_BACKFILLED: Final = 10_000
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What a backfill makes, or has made."""

    instants: tuple[tuple[str, datetime], ...]
    """Schedule id and instant (UTC), by time."""
    existing: int
    """How many of them have a run already, which stays as it is."""
    made: int = 0
    """How many runs were made; none by a preview."""

    @property
    def new(self) -> int:
        return len(self.instants) - self.existing

    @property
    def first(self) -> datetime | None:
        return self.instants[0][1] if self.instants else None

    @property
    def last(self) -> datetime | None:
        return self.instants[-1][1] if self.instants else None


def instants_to_backfill(
    schedules: Sequence[DeploymentSchedule], start: datetime, end: datetime, *, limit: int, hash_id: str
) -> tuple[tuple[str, datetime], ...]:
    """The instants from `start` on and before `end`. Raises `UsageError` when they are more than `limit`."""
    if not 1 <= limit <= MOST_BACKFILLED:
        raise UsageError(f"The limit of a backfill is a number from 1 to {MOST_BACKFILLED:,}, not {limit}.")
    if start >= end:
        raise UsageError(f"A backfill from {start.isoformat()} to {end.isoformat()} holds no time.")
    each = [
        [(fire, one.id) for fire in one.schedule.fires_between(start - _TICK, end - _TICK, limit + 1, hash_id=hash_id)]
        for one in schedules
    ]
    found = list(islice(heapq.merge(*each), limit + 1))
    if len(found) > limit:
        raise UsageError(
            f"From {start.isoformat()} to {end.isoformat()} there are more than {limit} instants; "
            f"the first {limit} reach {found[limit - 1][0].isoformat()}. Ask for a shorter span, or raise the limit."
        )
    return tuple((schedule_id, fire) for fire, schedule_id in found)
