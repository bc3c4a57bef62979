"""What can be done to many flow runs at once, as values: a store carries one out for each run, and says what became of
it and how it is taken back."""

from dataclasses import dataclass
from typing import Literal

from flowtui.engine.states import State, StateType

__all__ = [
    "Cancel",
    "Delete",
    "Fate",
    "Outcome",
    "Pause",
    "Restore",
    "Resume",
    "Retry",
    "RunChange",
    "SetState",
    "Tag",
]

Fate = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Stop it, with all its processes."""

    message: str = "Cancelled."


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Forget it with its tasks and logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Have it started again, after it ended badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Have it wait, in its process or (`suspend`) without one; it fails when nobody resumes it in time."""

    suspend: bool = False
    timeout_seconds: float | None = 3600.0
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Let it go on, when its pause asks for no input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetState:
    """Put it into a state; with `force` the rules are not asked. What is Scheduled is due at once."""

    type: StateType
    name: str
    message: str | None = None
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """Give it tags, and take some away."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """Put it back into the state before its last one: scheduled when it was due, or ended as it had ended.

    Only where that changes no more than this: a run that was ended before it started, or that was to be started again
    and has not been. What its retry changed with the state, inputs and parameters, is as it was before, too.
    """


RunChange = Cancel | Delete | Retry | Pause | Resume | SetState | Tag | Restore


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one run. `skipped`: there was nothing to do. `failed`: it can be tried again."""

    run_id: str
    fate: Fate
    state: State | None = None
    reason: str | None = None
    back: RunChange | None = None
    """What takes it back; None when nothing does."""
    lasting: str | None = None
    """Why nothing takes it back."""
