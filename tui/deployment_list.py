"""The list of deployments: what a filter reads in it, and in which orders it comes. Pure."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from flowtui.engine.errors import ScheduleError
from flowtui.engine.model import Deployment
from flowtui.engine.query_lists import DEPLOYMENTS
from flowtui.engine.query_rows import Reading
from flowtui.engine.schedules.words import describe
from flowtui.tui.deployment_cells import DeploymentRow
from flowtui.tui.looks import badness_of, needs_a_look

__all__ = ["ORDERS", "READING", "next_fires_of"]

_END: Final = datetime.max.replace(tzinfo=UTC)
_START: Final = datetime.min.replace(tzinfo=UTC)


def _place(row: DeploymentRow) -> tuple[str, str]:
    return row.deployment.work_pool_name or "", row.deployment.work_queue_name or ""


ORDERS: Final[dict[str, Callable[[DeploymentRow], Any]]] = {
    "name": lambda row: row.deployment.full_name.lower(),
    "next": lambda row: row.next or _END,
    "last": lambda row: row.last.started_or_due if row.last else _START,
    "state": lambda row: badness_of(row.last.state if row.last else None),
    "pool": _place,
}
"""What the list can be sorted by."""


def _words(row: DeploymentRow) -> Iterable[str]:
    """The words of `is:` that hold."""
    deployment = row.deployment
    yield "paused" if deployment.paused else "scheduled" if row.next is not None else "manual"
    yield "served" if row.workers is None else "ready" if row.workers else "unserved"
    if row.last is None:
        yield "never"


def _needs(row: DeploymentRow) -> Iterable[str]:
    went_wrong = row.last is not None and needs_a_look(row.last.state)
    return ("attention",) if went_wrong or row.workers == 0 else ()


_described: Final = lru_cache(4096)(describe)
"""A filter is asked of every row at each press of a key, and words take longer than all else."""


def _schedules(row: DeploymentRow) -> Iterable[str]:
    return (_described(one.schedule) for one in row.deployment.schedules if one.active)


READING: Final[Reading[DeploymentRow]] = Reading(
    vocabulary=DEPLOYMENTS,
    texts={
        "name": lambda row: (row.deployment.name,),
        "flow": lambda row: (row.deployment.flow_name,),
        "deployment": lambda row: (row.deployment.full_name,),
        "deployment-id": lambda row: (row.deployment.id,),
        "is": _words,
        "needs": _needs,
        "tag": lambda row: row.deployment.tags,
        "pool": lambda row: (row.deployment.work_pool_name,),
        "queue": lambda row: (row.deployment.work_queue_name,),
        "schedule": _schedules,
        "version": lambda row: (row.deployment.version,),
        "code": lambda row: (row.deployment.entrypoint,),
        "about": lambda row: (row.deployment.description,),
    },
    numbers={},
    moments={
        "next": lambda row: row.next,
        "last": lambda row: row.last.started_or_due if row.last else None,
        "created": lambda row: row.deployment.created,
        "updated": lambda row: row.deployment.updated,
    },
    state=lambda row: row.last.state if row.last else None,
    parameters=lambda row: row.deployment.parameters,
)
"""What a filter reads in a row."""


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
