"""The part of the seam for task runs that are left to task workers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from flowtui.engine.model import TaskRun

__all__ = ["Queueing"]


class Queueing(Protocol):
    """Verbs of `Client`; all are durable when they return."""

    def enqueue_task_run(self, run: TaskRun, *, retries: int, waits_for: Sequence[str] = ()) -> None:
        """Record a Scheduled task run for task workers to claim, after the task runs of this queue that it waits for
        have ended. `retries` is how often it is tried again when its worker dies."""
        ...

    def claimable_task_runs(self, task_keys: Collection[str]) -> tuple[bool, datetime | None]:
        """Whether one of these tasks has a run to claim now, and when the next one is due."""
        ...

    def claim_task_runs(
        self, task_keys: Collection[str], owner: str, *, limit: int, lease_seconds: float
    ) -> tuple[TaskRun, ...]:
        """Take due runs of these tasks: Scheduled → Pending. What is saved of a claimed run carries its `claim`, and is
        left out once somebody else has taken over."""
        ...

    def release_task_run(self, run_id: str, claim: int) -> bool:
        """Give back a claimed run that was not started. False when it is somebody else's by now."""
        ...

    def renew_task_leases(self, owner: str, runs: Mapping[str, int], *, lease_seconds: float) -> frozenset[str]:
        """Prolong the leases of `{run id: claim}`; answers with those that are lost."""
        ...

    def reap_task_leases(self) -> tuple[TaskRun, ...]:
        """Claimed runs whose lease has ended wait to be claimed again while retries are left, else become Crashed."""
        ...
