"""Which runs a worker may be handed: by pauses, limits and the priorities of queues. Pure.

Claims and the explanation of why a run waits are both made from these, so that neither can say what the other does
not do. Slots are counted, not kept: a run holds one as long as a process owns it, so none can be lost.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["DeploymentLoad", "Hold", "HoldKind", "LineLoad", "PoolLoad", "holds", "lines_in_order", "room_in", "shared"]

HoldKind = Literal["pool paused", "pool full", "queue paused", "queue full", "deployment full", "no pool", "no queue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLoad:
    """A queue of a pool, and how many of its runs are owned now."""

    name: str
    priority: int
    paused: bool = False
    limit: int | None = None
    active: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLoad:
    """A pool with its queues, and how many of its runs are owned now."""

    name: str
    lines: tuple[LineLoad, ...]
    paused: bool = False
    limit: int | None = None
    active: int = 0

    def line(self, name: str | None) -> LineLoad | None:
        return next((line for line in self.lines if line.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentLoad:
    """A deployment that limits its runs, and how many of them are owned now, wherever."""

    id: str
    limit: int
    active: int
    cancel_new: bool = False
    """A run that is due while all slots are taken is cancelled rather than kept waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that keeps a due run from being handed out."""

    kind: HoldKind
    name: str
    """Of the pool, the queue or the deployment."""
    limit: int | None = None
    active: int | None = None


def holds(
    pool: PoolLoad | None, queue: str | None, deployment: DeploymentLoad | None = None, *, pool_name: str = ""
) -> tuple[Hold, ...]:
    """Everything that keeps the due runs of this queue, and of this deployment, from being handed to any worker.

    None for `pool` means that there is none of the name `pool_name`; none at all for a deployment that is served
    (`pool_name` empty).
    """
    found: list[Hold] = []
    if pool is None:
        if pool_name:
            found.append(Hold(kind="no pool", name=pool_name))
    else:
        found += _holds_of_pool(pool, queue)
    if deployment is not None and _full(deployment.limit, deployment.active):
        held = Hold(kind="deployment full", name=deployment.id, limit=deployment.limit, active=deployment.active)
        found.append(held)
    return tuple(found)


def _holds_of_pool(pool: PoolLoad, queue: str | None) -> Iterator[Hold]:
    if pool.paused:
        yield Hold(kind="pool paused", name=pool.name)
    line = pool.line(queue)
    if line is None:
        yield Hold(kind="no queue", name=queue or "")
    elif line.paused:
        yield Hold(kind="queue paused", name=line.name)
    if _full(pool.limit, pool.active):
        yield Hold(kind="pool full", name=pool.name, limit=pool.limit, active=pool.active)
    if line is not None and _full(line.limit, line.active):
        yield Hold(kind="queue full", name=line.name, limit=line.limit, active=line.active)


def _full(limit: int | None, active: int) -> bool:
    return limit is not None and active >= limit


def lines_in_order(pool: PoolLoad, queues: Collection[str] = ()) -> tuple[LineLoad, ...]:
    """The queues that a worker of `queues` (none named means all) may be handed runs from now, the first one first.

    A queue that is paused or full is left out and does not hold back those behind it.
    """
    wanted = [line for line in pool.lines if not queues or line.name in queues]
    open_lines = [line for line in wanted if not holds(pool, line.name)]
    return tuple(sorted(open_lines, key=lambda line: (line.priority, line.name)))


def room_in(pool: PoolLoad, line: LineLoad, wanted: int, taken: int = 0) -> int:
    """How many runs of a queue may be handed out, when `taken` of the pool have just been and `wanted` more are asked
    for."""
    if holds(pool, line.name):
        return 0
    rooms = [wanted]
    if pool.limit is not None:
        rooms.append(pool.limit - pool.active - taken)
    if line.limit is not None:
        rooms.append(line.limit - line.active)
    return max(min(rooms), 0)


def shared(loads: Mapping[str, DeploymentLoad]) -> dict[str, int]:
    """How many more runs of each limited deployment may be handed out, by its id."""
    return {load.id: max(load.limit - load.active, 0) for load in loads.values()}
