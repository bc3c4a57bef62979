"""The verbs of `LocalClient` for task runs that are left to task workers. See `queueing.py` for each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from flowtui.engine import store

if TYPE_CHECKING:
    from flowtui.engine.model import TaskRun
    from flowtui.engine.store.database import Database
    from flowtui.engine.store.writer import Writer

__all__ = ["LocalQueueing"]


class LocalQueueing:
    """A part of `LocalClient`, which brings the database and the writer."""

    _db: "Database"
    _writer: "Writer"

    def enqueue_task_run(self, run: "TaskRun", *, retries: int, waits_for: Sequence[str] = ()) -> None:
        self._writer.call(lambda c: store.task_claims.enqueue(self._db, c, run, retries=retries, waits_for=waits_for))

    def claimable_task_runs(self, task_keys: Collection[str]) -> tuple[bool, datetime | None]:
        with self._db.read() as connection:
            return store.task_claims.next_due(self._db, connection, task_keys)

    def claim_task_runs(
        self, task_keys: Collection[str], owner: str, *, limit: int, lease_seconds: float
    ) -> tuple["TaskRun", ...]:
        return self._writer.call(
            lambda c: store.task_claims.claim(self._db, c, task_keys, owner, limit=limit, lease_seconds=lease_seconds)
        )

    def release_task_run(self, run_id: str, claim: int) -> bool:
        return self._writer.call(lambda c: store.task_claims.release(self._db, c, run_id, claim))

    def renew_task_leases(self, owner: str, runs: Mapping[str, int], *, lease_seconds: float) -> frozenset[str]:
        return self._writer.call(lambda c: store.task_claims.renew(self._db, c, owner, runs, lease_seconds))

    def reap_task_leases(self) -> tuple["TaskRun", ...]:
        with self._db.read() as connection:  # mostly there is nothing to do, and then nobody has to wait for a lock
            if not store.task_claims.any_lost(self._db, connection):
                return ()
        return self._writer.call(lambda c: store.task_claims.reap(self._db, c))
