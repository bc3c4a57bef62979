"""What the services ask of the store: the work itself, and who may do it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from flowtui.engine.client.protocol import Client
from flowtui.engine.model import Backend, FlowRun, TaskRun
from flowtui.engine.pools import WorkerRecord
from flowtui.engine.runs.vouching import Leases

__all__ = ["Housekeeping", "Store"]


class Housekeeping(Leases, Protocol):
    """The store's verbs for services. All are bounded, repeatable, and safe when two servers call them at once."""

    def acquire_services(self, holder: str, leases: Mapping[str, float]) -> frozenset[str]:
        """Take or prolong the leader leases of services, given as `{service: seconds from now}`, by the store's clock
        and in one transaction. Answers with those that `holder` has; the others are another's."""
        ...

    def announce_together(
        self, backend: Backend | None, worker: WorkerRecord, holder: str, leases: Mapping[str, float]
    ) -> tuple[bool, frozenset[str]]:
        """`announce_backend` (unless it is None), `announce_worker` and `acquire_services` in one transaction, for a
        process that is all of these: what the latter two answer. Raises `NotFound` for an unknown pool."""
        ...

    def release_services(self, holder: str) -> None:
        """Give up every lease of `holder`, so that another server may take over at once."""
        ...

    def materialise_schedules(self, horizon: timedelta, per_schedule: int) -> int:
        """Create Scheduled runs ahead, one for each (schedule, instant); answers with how many are new."""
        ...

    def skip_missed(self) -> int:
        """Due runs of schedules that are not to be made up for, by its catch-up policy, end Skipped; how many."""
        ...

    def mark_late(self, grace: timedelta) -> int:
        """Scheduled runs whose time passed longer than `grace` ago become Late; answers with how many."""
        ...

    def store_time(self) -> datetime:
        """The time by the clock that leases are measured by."""
        ...

    def reap_task_leases(self) -> tuple[TaskRun, ...]:
        """Task runs whose task worker's lease has ended are claimed again, or become Crashed."""
        ...

    def clock_went_back(self, by: timedelta, *, lease_seconds: float) -> None:
        """That clock was set back: leases end when they would have ended, and what was due is due."""
        ...

    def reap_leases(self, by: datetime | None = None) -> tuple[FlowRun, ...]:
        """Owned runs whose lease has ended, until `by` where that is given, become Crashed, or wait to be taken again
        where they may be (Cancelled when they were Cancelling), under a new epoch."""
        ...

    def reap_slots(self, by: datetime | None = None) -> int:
        """Slots of concurrency limits whose lease has ended are free; answers with how many leases there were."""
        ...

    def expire_pauses(self) -> tuple[str, ...]:
        """Paused runs that nobody resumed in time become Failed; answers with their ids."""
        ...

    def forget_environments(self) -> int:
        """Lists of packages that no run refers to any more are removed; answers with how many."""
        ...

    def compact_logs(self, limit: int) -> int:
        """Merge the log chunks of up to `limit` ended runs; answers with how many were merged."""
        ...


class Store(Client, Housekeeping, Protocol):
    """What a backend serves."""
