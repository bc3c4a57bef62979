"""The list of deployments: what it finds, and in which order. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from flowtui.engine.errors import ScheduleError
from flowtui.engine.model import Deployment
from flowtui.tui.deployment_cells import DeploymentRow, schedule_words
from flowtui.tui.looks import look_of

__all__ = ["SORTED_COLUMNS", "SORTS", "fits", "in_order", "next_fires_of"]

_END: Final = datetime.max.replace(tzinfo=UTC)
_START: Final = datetime.min.replace(tzinfo=UTC)

_BAD: Final = {"failed": 0, "crashed": 0, "late": 1, "paused": 2, "running": 3, "pending": 3}


def _badness(row: DeploymentRow) -> int:
    return 9 if row.last is None else _BAD.get(look_of(row.last.state).role, 5)


def _place(row: DeploymentRow) -> tuple[str, str]:
    return row.deployment.work_pool_name or "", row.deployment.work_queue_name or ""


SORTS: Final[dict[str, tuple[str, Callable[[DeploymentRow], Any]]]] = {
    "name": ("by flow and name", lambda row: row.deployment.full_name.lower()),
    "next": ("what runs soonest", lambda row: row.next or _END),
    "last": ("what ran longest ago", lambda row: row.last.started_or_due if row.last else _START),
    "state": ("what ended badly first", _badness),
    "pool": ("by who serves it", _place),
}
"""What the list can be sorted by, with a word about it; turned round, the other end comes first."""
SORTED_COLUMNS: Final = {"name": 0, "next": 2, "last": 4, "pool": 5}
"""The columns of `DEPLOYMENT_COLUMNS` that show what is sorted by."""


def in_order(rows: Iterable[DeploymentRow], sort: str, *, turned: bool) -> list[DeploymentRow]:
    """The rows by one of `SORTS`; equal ones by name."""
    by_name = sorted(rows, key=SORTS["name"][1])
    return sorted(by_name, key=SORTS[sort][1], reverse=turned)


def fits(row: DeploymentRow, words: Sequence[str]) -> bool:
    """Whether all words (in lower case) are part of what the row says: name, tags, schedule, pool, last state."""
    deployment = row.deployment
    state = look_of(row.last.state).word if row.last is not None else "never"
    parts = [deployment.full_name, *deployment.tags, schedule_words(deployment), deployment.work_pool_name or "served"]
    text = " ".join([*parts, state, "paused" if deployment.paused else ""]).lower()
    return all(word in text for word in words)


def next_fires_of(deployment: Deployment, now: datetime, number: int = 1) -> tuple[datetime, ...]:
    """When its schedules fire next."""
    if deployment.paused:
        return ()
    found: set[datetime] = set()
    for schedule in deployment.schedules:
        if schedule.active:
            try:
                found.update(schedule.schedule.next_fires(now, number, hash_id=deployment.id))
            except ScheduleError:
                continue  # it was valid when it was saved; its words in the list are enough to see what it is
    return tuple(sorted(found)[:number])
