"""The part of the seam for many flow runs at once."""

from collections.abc import Sequence
from typing import Protocol

from flowtui.engine.run_changes import Outcome, RunChange

__all__ = ["Changing"]


class Changing(Protocol):
    """Verbs of `Client`; all are durable when they return."""

    def change_flow_runs(self, run_ids: Sequence[str], change: RunChange) -> tuple[Outcome, ...]:
        """Do one thing to each of these runs, in one transaction: give some dozens at a time, so that others can write
        in between. Each has its own outcome, in the order of the ids; the trouble of one does not touch the others."""
        ...
