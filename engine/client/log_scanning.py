"""The part of the seam for looking through whole logs, without reading them line by line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from flowtui.engine.model import LogLine

if TYPE_CHECKING:
    from flowtui.engine.log_tests import LogMarks, LogTally, LogTest

__all__ = ["LogScanning"]


class LogScanning(Protocol):
    """Verbs of `Client`; lines are known by their numbers, as in `read_logs`. None fails for a run without lines."""

    def mark_logs(
        self, flow_run_id: str, tests: Sequence["LogTest"], *, start: int = 0, limit: int = 50_000
    ) -> "LogMarks":
        """Which of the lines from `start` on pass each test. A million lines take about a second: ask in parts."""
        ...

    def pick_logs(self, flow_run_id: str, numbers: Sequence[int]) -> tuple[LogLine, ...]:
        """The lines of these numbers, which must grow; numbers beyond the end are left out."""
        ...

    def tally_logs(
        self, flow_run_id: str, *, start: int = 0, limit: int = 50_000, step_seconds: float = 1.0
    ) -> "LogTally":
        """How many lines, warnings and errors were written in each step of time, and by which loggers."""
        ...

    def log_stamps(self, flow_run_id: str, *, start: int = 0, limit: int = 50_000) -> tuple[int, ...]:
        """When the lines from `start` on were written, in microseconds since 1970."""
        ...

    def log_clocks(self, flow_run_id: str, *, start: int = 0) -> tuple[tuple[int, int], ...]:
        """By how much the clocks were off of those who wrote the lines from `start` on: how many lines, and how many
        microseconds the store's clock was ahead of theirs. On SQLite, which has the clock of its machine, 0."""
        ...
