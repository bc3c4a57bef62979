"""The part of the seam for work pools, their queues, and the workers that serve them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from flowtui.engine.model import FlowRun
from flowtui.engine.pools import WorkerRecord, WorkPool, WorkQueue

__all__ = ["Pooling"]


class Pooling(Protocol):
    """Verbs of `Client`; all are durable when they return. They raise `NotFound` for an unknown pool or queue."""

    # -- pools ----------------------------------------------------------------------------------------------------

    def create_work_pool(
        self,
        name: str,
        *,
        type: str = "process",  # noqa: A002 - the wire's name
        description: str | None = None,
        base_job_template: Mapping[str, Any] | None = None,
        concurrency_limit: int | None = None,
        paused: bool = False,
        overwrite: bool = False,
    ) -> WorkPool:
        """Create a pool with its queue `default`; with `overwrite`, make one that exists the same.

        Raises `WorkPoolError` when the name is taken or malformed, the limit negative, or the template unusable."""
        ...

    def update_work_pool(self, name: str, changes: Mapping[str, Any]) -> WorkPool:
        """Change `description`, `base_job_template` or `concurrency_limit`; None takes a value away."""
        ...

    def read_work_pool(self, name: str) -> WorkPool:
        """By name or id."""
        ...

    def list_work_pools(self) -> tuple[WorkPool, ...]:
        """By name."""
        ...

    def pause_work_pool(self, name: str, *, paused: bool, note: str | None = None) -> WorkPool:
        """Hand none of its runs to a worker, or again; `note` says why, to whoever asks why a run waits."""
        ...

    def delete_work_pool(self, name: str) -> None:
        """Raises `WorkPoolError` while deployments use it, and for the pool `local`."""
        ...

    # -- queues ---------------------------------------------------------------------------------------------------

    def create_work_queue(
        self,
        pool: str,
        name: str,
        *,
        description: str | None = None,
        priority: int | None = None,
        concurrency_limit: int | None = None,
        paused: bool = False,
    ) -> WorkQueue:
        """Create a queue; without a priority it comes after all others. Raises `WorkPoolError`."""
        ...

    def update_work_queue(self, pool: str, name: str, changes: Mapping[str, Any]) -> WorkQueue:
        """Change `description`, `priority` or `concurrency_limit`; None takes the first and the last away."""
        ...

    def read_work_queue(self, pool: str, name: str) -> WorkQueue: ...

    def list_work_queues(self, pool: str | None = None) -> tuple[WorkQueue, ...]:
        """Of one pool or of all, by pool, priority and name."""
        ...

    def pause_work_queue(self, pool: str, name: str, *, paused: bool, note: str | None = None) -> WorkQueue: ...

    def delete_work_queue(self, pool: str, name: str) -> None:
        """Raises `WorkPoolError` while deployments use it, and for the queue `default`."""
        ...

    # -- workers --------------------------------------------------------------------------------------------------

    def announce_worker(self, worker: WorkerRecord) -> bool:
        """Say that a worker is alive. False: another living process has its name, so it may not take runs."""
        ...

    def stop_worker(self, worker: WorkerRecord) -> None:
        """Say that a worker has ended."""
        ...

    def list_workers(self, pool: str | None = None) -> tuple[WorkerRecord, ...]:
        """Of one pool or of all: those online first, then those heard of last."""
        ...

    def delete_worker(self, pool: str, name: str) -> None:
        """Forget a worker that is not online. Raises `WorkPoolError` for one that is."""
        ...

    # -- their runs -----------------------------------------------------------------------------------------------

    def list_active_runs(
        self, *, pool: str | None = None, queue: str | None = None, deployment_id: str | None = None, limit: int = 200
    ) -> tuple[FlowRun, ...]:
        """The runs that a process has in hand, which is what concurrency limits count: longest running first.

        Of a pool, of a queue of that pool, of a deployment, or of all that are given."""
        ...

    def list_waiting_runs(
        self, pool: str, queue: str | None = None, *, until: datetime | None = None, limit: int = 200
    ) -> tuple[FlowRun, ...]:
        """The scheduled runs that nobody has taken yet, due before `until`, in the order in which they are handed
        out: by their queue's priority, then by when they are due."""
        ...
