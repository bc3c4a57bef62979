"""How a worker is set up."""

import os
from dataclasses import dataclass, field

from flowtui.engine.orchestration.losses import CANCEL_GRACE
from flowtui.engine.pools import DEFAULT_POOL

__all__ = ["WorkerOptions"]


def _default_slots() -> int:
    """Flow runs mostly wait for something else, so several share a processor; but a laptop must stay usable."""
    return max(8, 4 * (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What a person may decide about a worker."""

    name: str | None = None
    """What it is called. Default: what it is, where and which process."""
    pool: str | None = DEFAULT_POOL
    """The work pool whose runs it takes; None takes those of `deployments` instead, and is known to nobody."""
    queues: tuple[str, ...] = ()
    """The queues of the pool that it serves; none named means all."""
    deployments: tuple[str, ...] = ()
    """Ids. Without a pool: whose runs it takes."""
    slots: int = field(default_factory=_default_slots)
    """How many flow runs it carries out at once. Default: four for each processor, at least eight."""
    cancel_grace: float = CANCEL_GRACE.total_seconds()
    """Seconds that the processes of a cancelled run have between SIGTERM and SIGKILL."""
    stop_grace: float = 10.0
    """The same for the runs in hand when the worker is stopped."""
    heartbeat_seconds: float = 5.0
    """How often it says that it is alive; it is given up after three of these."""
    run_once: bool = False
    """Take what is due now, and end when that has ended."""
