"""Work pools, their queues and the workers that serve them: the values, as they travel between store and screens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

__all__ = [
    "DEFAULT_POOL",
    "DEFAULT_QUEUE",
    "NextDue",
    "PoolStatus",
    "WorkPool",
    "WorkQueue",
    "WorkerRecord",
]

DEFAULT_POOL: Final = "local"
"""The pool that every store has, of type `process`; a backend serves it."""
DEFAULT_QUEUE: Final = "default"
"""The queue that every pool has."""

PoolStatus = Literal["READY", "NOT_READY", "PAUSED"]
"""READY: a worker is online. NOT_READY: none is. PAUSED: a person has paused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPool:
    """Where runs of deployments wait for a worker."""

    id: str
    name: str
    type: str
    """What carries its runs out: `process`, or another type that a worker has registered."""
    created: datetime
    updated: datetime
    description: str | None = None
    base_job_template: Mapping[str, Any] | None = None
    """`{"job_configuration": {…}, "variables": {JSON schema}}`; None stands for the one that comes with its type."""
    concurrency_limit: int | None = None
    """How many of its runs are carried out at once, over all queues and workers."""
    paused_since: datetime | None = None
    """While this is given, no worker is handed a run."""
    paused_note: str | None = None
    active: int = 0
    """How many of its runs are owned by a process now."""
    waiting: int = 0
    """How many of its runs are due, and no process has taken them."""
    workers: int = 0
    """How many of its workers are online."""

    @property
    def is_paused(self) -> bool:
        return self.paused_since is not None

    @property
    def status(self) -> PoolStatus:
        if self.is_paused:
            return "PAUSED"
        return "READY" if self.workers else "NOT_READY"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkQueue:
    """A line of runs within a pool. Those of a lower `priority` number are handed out first."""

    id: str
    pool_name: str
    name: str
    priority: int
    created: datetime
    updated: datetime
    description: str | None = None
    concurrency_limit: int | None = None
    paused_since: datetime | None = None
    paused_note: str | None = None
    active: int = 0
    """How many of its runs are owned by a process now."""
    waiting: int = 0
    """How many of its runs are due, and no process has taken them."""
    workers: int = 0
    """How many online workers take runs from it."""
    last_polled: datetime | None = None
    """When a worker that takes runs from it was last heard of."""

    @property
    def is_paused(self) -> bool:
        return self.paused_since is not None

    @property
    def status(self) -> PoolStatus:
        if self.is_paused:
            return "PAUSED"
        return "READY" if self.workers else "NOT_READY"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A process that takes runs of a pool and has them carried out."""

    id: str
    """Of this process; another one under the same name has another."""
    name: str
    pool_name: str
    type: str
    host: str
    pid: int
    started: datetime
    seen: datetime
    """When it was last heard of, by the store's clock."""
    heartbeat_seconds: float
    queues: tuple[str, ...] = ()
    """The queues that it takes runs from; none named means all."""
    slots: int | None = None
    """How many runs it carries out at once; None means without a limit."""
    running: int = 0
    """How many it had in hand when it was last heard of."""
    version: str | None = None
    """Of flowtui."""
    stopped: datetime | None = None
    """When it said goodbye."""
    online: bool = field(default=True)
    """Heard of within three of its heartbeats, and not stopped."""

    @property
    def status(self) -> Literal["ONLINE", "OFFLINE"]:
        return "ONLINE" if self.online else "OFFLINE"


class NextDue(NamedTuple):
    """What a worker may expect."""

    some_wait: bool
    """Runs are due that nobody has taken."""
    seconds: float | None
    """Until the next run is due that is not due yet; None when none is planned."""
