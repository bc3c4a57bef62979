"""What becomes of a run whose process was lost: tried again where that is right, else Crashed. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from flowtui.engine.ids import new_id
from flowtui.engine.states import AwaitingRetry, Cancelled, Crashed, Scheduled, State

__all__ = ["CANCEL_GRACE", "Loss", "states_after_loss"]

CANCEL_GRACE: Final = timedelta(seconds=10)
"""How long the process of a cancelled run has to end by itself. From then on its lease is not prolonged any more: a run
whose owner does not heed is Cancelled, and fenced off, one lease later."""

_MOST_LOST_STARTS: Final = 3
"""How often a run is handed out again that was lost before its flow began: one that kills its machine must end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A run whose lease has ended, and how that is to be told."""

    state: State
    reason: str
    now: datetime
    run_count: int
    retries: int
    retry_delay: timedelta
    can_restart: bool
    """A worker can start it again: it is a deployment's."""


def states_after_loss(loss: Loss) -> tuple[State, ...]:
    """The states that follow, in order; the last one stays. None for a suspended run, whose process was to end.

    - What was being cancelled is Cancelled.
    - What had not begun is handed out again: no code of the user has run.
    - What was under way is recorded as Crashed, with what it had left open, and tried again while retries remain.
    """
    state = loss.state
    if state.is_suspended():
        return ()
    if state.is_cancelling():
        return (_at(Cancelled(message=f"Cancelled. {loss.reason}"), loss.now),)
    if state.is_pending() and loss.can_restart and _lost_starts(state) < _MOST_LOST_STARTS:
        return (_at(_once_more(loss), loss.now),)
    crashed = _at(Crashed(message=loss.reason), loss.now)
    if loss.can_restart and not state.is_pending() and loss.run_count <= loss.retries:
        return (crashed, _at(_retry(loss), loss.now))
    return (crashed,)


def _lost_starts(state: State) -> int:
    return int(state.details.get("lost_starts", 0))


def _once_more(loss: Loss) -> State:
    """Scheduled for the time that it was due at, so that it comes before what became due later."""
    due = loss.state.details.get("scheduled_time")
    again = Scheduled(datetime.fromisoformat(str(due)) if due else loss.now)
    details = {**again.details, "lost_starts": _lost_starts(loss.state) + 1}
    return replace(again, message=f"It is handed out again. {loss.reason} It had not begun.", details=details)


def _retry(loss: Loss) -> State:
    message = f"Retry {loss.run_count} of {loss.retries}, because its process was lost."
    return AwaitingRetry(loss.now + loss.retry_delay, message=message)


def _at(state: State, now: datetime) -> State:
    return replace(state, id=new_id(), timestamp=now)
