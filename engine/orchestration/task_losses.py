"""What becomes of a task run whose task worker is gone. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from flowtui.engine.states import AwaitingRetry, Crashed, Scheduled, State

__all__ = ["state_after_loss"]

_VAIN_CLAIMS: Final = 3
"""How often more than its retries allow a run is claimed that never starts: it may be what kills the workers."""


def state_after_loss(
    owner: str, silent_seconds: float, *, run_count: int, retries: int, claims: int, now: datetime
) -> State:
    """Waiting to be claimed again while tries are left (all of them, when it had not started), else Crashed.

    `run_count` is how often its function was started, `claims` how often somebody took it.
    """
    reason = (
        f"Its task worker {owner} was killed or lost its machine: "
        f"it stopped renewing its lease, which ended {silent_seconds:.0f} s ago."
    )
    if run_count > retries or claims > retries + _VAIN_CLAIMS:
        return replace(Crashed(message=reason), timestamp=now)
    again = AwaitingRetry(now, message=reason) if run_count else Scheduled(now, message=reason)
    return replace(again, timestamp=now)
