"""The part of the seam that retries a run with changes."""

from typing import Protocol

from flowtui.engine.amendments import RetryEdits
from flowtui.engine.model import Answer

__all__ = ["Amending"]


class Amending(Protocol):
    """Verbs of `Client`; durable when they return."""

    def retry_flow_run(self, run_id: str, edits: RetryEdits, *, here: bool = False) -> Answer:
        """Propose `AwaitingRetry` for a run that has ended and, when that is accepted, keep what is edited with it, in
        one transaction: each attempt from now on obeys it, and `FlowRun.amendments` shows it.

        With `here` only the edits are kept: the caller will claim the run and run it itself. Raises `NotFound` for an
        unknown run, `UsageError` for edits of task runs that are not of this run or that cannot be kept because a
        process owns it or it completed, and `ParameterError` when the flow's parameters do not fit its deployment.
        """
        ...
