"""The state machine as a table: which kind of state may follow which."""

from typing import Final

from flowtui.engine.states import TERMINAL, StateType

__all__ = ["NEXT", "may_follow"]

_S = StateType
_ENDS: Final = frozenset(TERMINAL)

NEXT: Final[dict[StateType | None, frozenset[StateType]]] = {
    None: frozenset(StateType) - {_S.CANCELLING, _S.PAUSED},
    _S.SCHEDULED: _ENDS | {_S.SCHEDULED, _S.PENDING, _S.RUNNING, _S.CANCELLING},
    _S.PENDING: _ENDS | {_S.PENDING, _S.SCHEDULED, _S.RUNNING, _S.CANCELLING},
    _S.RUNNING: _ENDS | {_S.RUNNING, _S.SCHEDULED, _S.PAUSED, _S.CANCELLING},
    _S.PAUSED: _ENDS | {_S.PAUSED, _S.RUNNING, _S.SCHEDULED, _S.CANCELLING},
    _S.CANCELLING: _ENDS | {_S.CANCELLING},
    # Out of an end there is one way: to be scheduled again. What completed stays completed.
    _S.FAILED: frozenset({_S.SCHEDULED, _S.PENDING}),
    _S.CRASHED: frozenset({_S.SCHEDULED, _S.PENDING}),
    _S.CANCELLED: frozenset({_S.SCHEDULED, _S.PENDING}),
    _S.COMPLETED: frozenset(),
}
"""Kinds of state that may follow each kind; None stands for a run that is being created."""


def may_follow(old: StateType | None, new: StateType) -> bool:
    """True when the table allows the step."""
    return new in NEXT[old]
