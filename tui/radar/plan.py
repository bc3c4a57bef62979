"""What the radar reckons with: each active schedule, how long its runs usually take, and which limits they count in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from flowtui.engine.model import Deployment
from flowtui.engine.overviews import FlowFigures
from flowtui.engine.pools import WorkPool, WorkQueue
from flowtui.engine.schedules.base import Schedule

__all__ = ["UNKNOWN_SECONDS", "Lane", "Plan", "Planned", "plan_of"]

UNKNOWN_SECONDS: Final = 60.0
"""What a run is reckoned with whose flow has never completed."""
_USUAL_PRIORITY: Final = 1_000_000
"""Of runs that wait in no queue: after all others."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Something that limits how many runs go on at once: `pool`, `queue` or `deployment`, and its name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One schedule that fires."""

    schedule_id: str
    deployment_id: str
    deployment: str
    """`flow/deployment`."""
    schedule: Schedule
    seconds: float
    known: bool
    """False when the length of its runs is only assumed."""
    lanes: tuple[Lane, ...]
    priority: int = _USUAL_PRIORITY


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. Lanes without a limit are not in `limits`."""

    planned: tuple[Planned, ...] = ()
    limits: Mapping[Lane, int] = field(default_factory=dict)
    paused: int = 0
    """Deployments with schedules that are paused, and left out."""


def plan_of(
    deployments: Iterable[Deployment],
    figures: Iterable[FlowFigures],
    pools: Iterable[WorkPool],
    queues: Iterable[WorkQueue],
) -> Plan:
    """The active schedules of deployments that are not paused."""
    usual = {one.name: one.usual for one in figures}
    lines = {(queue.pool_name, queue.name): queue for queue in queues}
    limits: dict[Lane, int] = {}
    for pool in pools:
        _note(limits, Lane("pool", pool.name), 0 if pool.is_paused else pool.concurrency_limit)
    for queue in lines.values():
        _note(limits, _queue_lane(queue.pool_name, queue.name), 0 if queue.is_paused else queue.concurrency_limit)
    planned: list[Planned] = []
    paused = 0
    for deployment in deployments:
        active = [one for one in deployment.schedules if one.active]
        if deployment.paused:
            paused += bool(active)
            continue
        _note(limits, Lane("deployment", deployment.full_name), deployment.concurrency_limit)
        took = usual.get(deployment.flow_name)
        line = lines.get((deployment.work_pool_name or "", deployment.work_queue_name or ""))
        planned.extend(
            Planned(
                schedule_id=one.id,
                deployment_id=deployment.id,
                deployment=deployment.full_name,
                schedule=one.schedule,
                seconds=took if took is not None else UNKNOWN_SECONDS,
                known=took is not None,
                lanes=_lanes(deployment),
                priority=line.priority if line is not None else _USUAL_PRIORITY,
            )
            for one in active
        )
    return Plan(tuple(planned), limits, paused)


def _note(limits: dict[Lane, int], lane: Lane, limit: int | None) -> None:
    if limit is not None:
        limits[lane] = limit


def _lanes(deployment: Deployment) -> tuple[Lane, ...]:
    own = (Lane("deployment", deployment.full_name),)
    if deployment.work_pool_name is None:
        return own
    pool, queue = deployment.work_pool_name, deployment.work_queue_name or "default"
    return (Lane("pool", pool), _queue_lane(pool, queue), *own)


def _queue_lane(pool: str, queue: str) -> Lane:
    return Lane("queue", f"{pool}/{queue}")
