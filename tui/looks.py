"""How each kind of state looks: glyph, word, and the role that colours both. Pure, so that commands use it too."""

from dataclasses import dataclass
from typing import Final

from flowtui.engine.states import State, StateType

__all__ = ["Look", "badness_of", "look_of", "needs_a_look"]


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of state is drawn: its glyph, its word, and the role that colours both."""

    glyph: str
    word: str
    role: str


_BY_NAME: Final = {
    "Late": Look("⌛", "Late", "late"),
    "AwaitingRetry": Look("↻", "AwaitingRetry", "late"),
    "Retrying": Look("▶", "Retrying", "running"),
    "Cached": Look("≡", "Cached", "completed"),
    "TimedOut": Look("✖", "TimedOut", "failed"),
}
_BY_TYPE: Final = {
    StateType.SCHEDULED: Look("◷", "Scheduled", "scheduled"),
    StateType.PENDING: Look("◌", "Pending", "pending"),
    StateType.RUNNING: Look("▶", "Running", "running"),
    StateType.PAUSED: Look("⏸", "Paused", "paused"),
    StateType.CANCELLING: Look("◧", "Cancelling", "cancelled"),
    StateType.COMPLETED: Look("✔", "Completed", "completed"),
    StateType.FAILED: Look("✖", "Failed", "failed"),
    StateType.CRASHED: Look("⚠", "Crashed", "crashed"),
    StateType.CANCELLED: Look("◼", "Cancelled", "cancelled"),
}


def look_of(state: State) -> Look:
    """Glyph, word and role of a state. A name that flowtui does not know keeps its word and its type's glyph."""
    known = _BY_NAME.get(state.name)
    if known is not None:
        return known
    look = _BY_TYPE[state.type]
    return look if look.word == state.name else Look(look.glyph, state.name, look.role)


_BAD: Final = {"failed": 0, "crashed": 0, "late": 1, "paused": 2, "running": 3, "pending": 3}


def badness_of(state: State | None) -> int:
    """Where a last run's state stands in a list that shows the worst first; None when nothing has run."""
    return 9 if state is None else _BAD.get(look_of(state).role, 5)


def needs_a_look(state: State) -> bool:
    """Whether somebody has to look at a run in that state."""
    return look_of(state).role in ("failed", "crashed", "late", "paused")
