"""The verbs of `LocalClient` for looking through logs. See `log_scanning.py` for each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flowtui.engine import store

if TYPE_CHECKING:
    from flowtui.engine.log_tests import LogMarks, LogTally, LogTest
    from flowtui.engine.model import LogLine
    from flowtui.engine.store.database import Database

__all__ = ["LocalLogScanning"]


class LocalLogScanning:
    """A part of `LocalClient`, which brings the database."""

    _db: "Database"

    def mark_logs(
        self, flow_run_id: str, tests: Sequence["LogTest"], *, start: int = 0, limit: int = 50_000
    ) -> "LogMarks":
        with self._db.read() as connection:
            return store.log_scans.mark(connection, flow_run_id, tests, start, limit)

    def pick_logs(self, flow_run_id: str, numbers: Sequence[int]) -> tuple["LogLine", ...]:
        with self._db.read() as connection:
            return store.log_scans.pick(connection, flow_run_id, numbers)

    def tally_logs(
        self, flow_run_id: str, *, start: int = 0, limit: int = 50_000, step_seconds: float = 1.0
    ) -> "LogTally":
        with self._db.read() as connection:
            return store.log_scans.tally(connection, flow_run_id, start, limit, max(round(step_seconds * 1_000_000), 1))

    def log_stamps(self, flow_run_id: str, *, start: int = 0, limit: int = 50_000) -> tuple[int, ...]:
        with self._db.read() as connection:
            return store.log_scans.stamps(connection, flow_run_id, start, limit)

    def log_clocks(self, flow_run_id: str, *, start: int = 0) -> tuple[tuple[int, int], ...]:
        with self._db.read() as connection:
            return store.log_scans.clocks(connection, flow_run_id, start)
