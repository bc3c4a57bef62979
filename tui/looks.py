"""How each kind of state looks: glyph, word, and the role that colours both. Pure, so that commands use it too."""

from dataclasses import dataclass
from typing import Final

from flowtui.engine.states import State, StateType

__all__ = ["Look", "look_of"]


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
