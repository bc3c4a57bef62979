"""The final state of a run, from what its function did. Pure.

Source of the rules: `data → Completed`, a state is taken as it is, futures and states are counted, a raised
exception is Failed, and what came from outside the user's code is Crashed.
"""

import sys
from collections.abc import Iterable
from typing import Any

from flowtui.engine.annotations import quote
from flowtui.engine.errors import (
    LoopLost,
    PauseTimeout,
    RunTimeout,
    StaleEpoch,
    StoreError,
    TerminationSignal,
    UpstreamFailed,
    WorkerDied,
)
from flowtui.engine.states import Cancelled, Completed, Crashed, Failed, Paused, State, TimedOut

__all__ = ["crash_message", "state_of_error", "state_of_states", "state_of_value", "states_within"]


def state_of_value(value: Any) -> State:
    """The state of a run whose function returned `value`; futures have become states before."""
    if isinstance(value, State):
        return value
    if isinstance(value, quote):  # a state that is meant as a value
        return Completed(data=value.value)
    states = states_within(value)
    if states:
        return state_of_states(states).with_data(value)
    return Completed(data=value)


def states_within(value: Any) -> list[State]:
    """The states, when `value` is a collection of nothing else."""
    if not isinstance(value, list | tuple | set | frozenset) or not value:
        return []
    states = [item for item in value if isinstance(item, State)]
    return states if len(states) == len(value) else []


def state_of_states(states: Iterable[State]) -> State:
    """One state for many: completed when all are; else cancelled, paused or failed, in that order."""
    every = list(states)
    total = len(every)
    cancelled = sum(state.is_cancelled() for state in every)
    failed = sum(state.is_failed() or state.is_crashed() for state in every)
    unfinished = sum(not state.is_final() for state in every)
    if all(state.is_completed() for state in every):
        return Completed(message="All states completed.")
    if cancelled:
        return Cancelled(message=f"{cancelled}/{total} states cancelled.")
    if any(state.is_paused() for state in every):
        return Paused(message="Some states are paused.")
    if failed:
        return Failed(message=f"{failed}/{total} states failed.")
    return Failed(message=f"{unfinished}/{total} states are not final.")


def state_of_error(error: BaseException, kind: str) -> State:
    """The state of a run whose function raised; `kind` is `Flow` or `Task`."""
    if isinstance(error, RunTimeout):
        return TimedOut(message=f"{kind} run exceeded its timeout. {error}", data=error)
    if isinstance(error, PauseTimeout):
        return Failed(message=str(error), data=error)
    crash = crash_message(error)
    if crash is not None:
        return Crashed(message=crash, data=error)
    return Failed(message=f"{kind} run encountered an exception: {_describe(error)}", data=error)


def crash_message(error: BaseException) -> str | None:
    """Why a run crashed; None for an exception of the user's code."""
    asyncio = sys.modules.get("asyncio")  # whoever has not imported it has not been cancelled by it
    if asyncio is not None and isinstance(error, asyncio.CancelledError):
        return "Execution was cancelled by the runtime environment."
    if isinstance(error, LoopLost):
        return "The event loop that ran it was stopped or closed before it had ended."
    if isinstance(error, KeyboardInterrupt):
        return "Execution was aborted by an interrupt signal."
    if isinstance(error, TerminationSignal):
        return "Execution was aborted by a termination signal."
    if isinstance(error, SystemExit):
        return f"Execution was aborted by a Python system exit call (code {error.code})."
    if isinstance(error, StaleEpoch | StoreError | WorkerDied):
        return str(error)
    if not isinstance(error, Exception):
        return f"An unexpected exception was encountered: {_describe(error)}"
    return None


def _describe(error: BaseException) -> str:
    text = str(error)
    name = type(error).__name__
    if isinstance(error, UpstreamFailed):
        return text
    return f"{name}: {text}" if text else name
