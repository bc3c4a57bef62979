"""Decide what becomes of a proposed state of a flow run.

`decide` walks a list of small rules; the first one with an opinion wins, and no opinion means ACCEPT.
Source of the rules: what this field expects of a flow run (duplicates, ends, cancelling, pending, late, pauses, its
time).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from flowtui.engine.orchestration.transitions import may_follow
from flowtui.engine.states import Cancelled, Failed, State

__all__ = ["NEVER_RESUMED", "Decision", "Facts", "decide"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a rule may know besides the two states."""

    now: datetime
    owned: bool
    """A process holds a lease on the run that has not ended."""
    by_owner: bool
    """The proposal comes from that process: it carried the epoch."""
    can_restart: bool
    """Something can start the run again: it has a deployment."""
    is_subflow: bool = False
    """It was called by another flow, which waits for it in the same process."""
    passed_pauses: frozenset[str] = frozenset()
    """The keys of the pauses of this attempt: each was entered once already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict, and the state to write (None: write nothing)."""

    status: Literal["ACCEPT", "REJECT", "WAIT", "ABORT"]
    write: State | None = None
    reason: str | None = None
    delay_seconds: float = 0.0


Rule = Callable[[State, State, Facts], Decision | None]


NEVER_RESUMED: Final = "The flow was paused and never resumed."
_ENDING_SECONDS: Final = 0.2


def _reject(reason: str) -> Decision:
    return Decision(status="REJECT", reason=reason)


def same_state_twice(old: State, new: State, facts: Facts) -> Decision | None:
    """A client that did not hear the answer asks again: it is told what it would have heard."""
    return Decision(status="ACCEPT") if old.id == new.id else None


def ends_stay_ended(old: State, new: State, facts: Facts) -> Decision | None:
    if not old.is_final():
        return None
    if old.is_completed():
        return Decision(
            status="ABORT", reason="it completed, and what completed is not run again; start a new run instead"
        )
    if new.is_scheduled() and not facts.can_restart:
        return Decision(
            status="ABORT",
            reason="it has no deployment, so no worker can start it; "
            "run it here with: flowtui flow-run retry ID --entrypoint file.py:flow",
        )
    if new.is_scheduled() or (new.is_pending() and facts.by_owner):
        return None
    return Decision(status="ABORT", reason=f"it has already ended {old.name}")


def cancelling_only_ends(old: State, new: State, facts: Facts) -> Decision | None:
    """What is being cancelled ends; it neither starts nor waits again."""
    if not old.is_cancelling() or new.is_final():
        return None
    if new.is_cancelling():
        return Decision(status="ACCEPT")
    return Decision(status="ABORT", reason="it is being cancelled")


def cancelling_without_a_process(old: State, new: State, facts: Facts) -> Decision | None:
    """Nobody runs it, so there is nothing to end: it is Cancelled at once."""
    if not new.is_cancelling() or old.is_final():
        return None
    if facts.owned:
        return None
    message = new.message or "Cancelled before anything was started."
    return Decision(status="REJECT", write=Cancelled(message=message), reason="nothing was running")


def pending_is_taken_once(old: State, new: State, facts: Facts) -> Decision | None:
    """So that two workers cannot both take a run; named steps within Pending are the owner's."""
    if not new.is_pending() or old.is_scheduled() or old.is_final():
        return None
    if old.is_pending() and facts.by_owner:
        return None
    return Decision(status="ABORT", reason=f"it is already {old.name}")


def only_the_scheduled_are_late(old: State, new: State, facts: Facts) -> Decision | None:
    if new.name != "Late" or not new.is_scheduled() or old.is_scheduled():
        return None
    return _reject("only a scheduled run can be late")


def not_before_its_time(old: State, new: State, facts: Facts) -> Decision | None:
    """Starting early means waiting."""
    if not new.is_running() or not old.is_scheduled():
        return None
    due = old.details.get("scheduled_time")
    if due is None:
        return None
    early = (datetime.fromisoformat(str(due)) - facts.now).total_seconds()
    return Decision(status="WAIT", reason="it is not due yet", delay_seconds=early) if early > 0 else None


def a_pause_ends_in_time(old: State, new: State, facts: Facts) -> Decision | None:
    """Who comes after the pause's timeout finds a failed run."""
    until = old.details.get("pause_timeout") if old.is_paused() else None
    if until is None or new.is_final() or new.is_cancelling() or facts.now < datetime.fromisoformat(str(until)):
        return None
    return Decision(status="REJECT", write=Failed(message=NEVER_RESUMED), reason="its pause has timed out")


def a_pause_is_passed_once(old: State, new: State, facts: Facts) -> Decision | None:
    """So that a run which was suspended and starts from its top again does not stop at the same place again."""
    if not new.is_paused() or old.is_final() or new.details.get("pause_key") not in facts.passed_pauses:
        return None
    return _reject("it has been at this pause before, and was resumed")


def paused_is_paused(old: State, new: State, facts: Facts) -> Decision | None:
    """Only its process may turn the pause that somebody else asked for into its own."""
    if not (old.is_paused() and new.is_paused()) or (facts.by_owner and not old.is_suspended()):
        return None
    return Decision(status="ABORT", reason=f"it is already {old.name}")


def suspending_ends_the_process(old: State, new: State, facts: Facts) -> Decision | None:
    """A subflow has no process of its own that could end."""
    if not new.is_suspended() or not facts.is_subflow or old.is_final():
        return None
    return Decision(
        status="ABORT",
        reason="it is a subflow, whose parent waits for it in the same process; pause it, or suspend the parent",
    )


def resuming_takes_up_again(old: State, new: State, facts: Facts) -> Decision | None:
    """A paused run goes on in the process that waits; a suspended one has to be started again."""
    if not old.is_paused() or facts.by_owner or not (new.is_running() or new.is_scheduled()):
        return None
    if not old.is_suspended():
        if new.is_scheduled() and facts.owned:
            return Decision(status="ABORT", reason="its process waits for it to be resumed")
        return None if facts.owned else Decision(status="ABORT", reason="the process that waited for it is gone")
    if facts.owned:
        return Decision(status="WAIT", reason="its process is still ending", delay_seconds=_ENDING_SECONDS)
    if new.is_running():
        return Decision(status="ABORT", reason="its process has ended; it has to be scheduled, not just set to Running")
    if not facts.can_restart:
        return Decision(
            status="ABORT",
            reason="it has no deployment, so no worker can start it; "
            "go on with it here: flowtui flow-run resume ID --entrypoint file.py:flow",
        )
    return None


def starting_is_the_owners(old: State, new: State, facts: Facts) -> Decision | None:
    """An owned run is started and retried by its owner; anybody may cancel, pause, resume it, or say that it ended."""
    if facts.by_owner or not facts.owned or new.is_final() or new.is_cancelling():
        return None
    if (new.is_paused() and old.is_running()) or (old.is_paused() and new.is_running()):
        return None
    return Decision(status="ABORT", reason="another process runs it")


def along_the_table(old: State, new: State, facts: Facts) -> Decision | None:
    if may_follow(old.type, new.type):
        return None
    return Decision(status="ABORT", reason=f"{new.name} cannot follow {old.name}")


RULES: Final[tuple[Rule, ...]] = (
    same_state_twice,
    ends_stay_ended,
    cancelling_only_ends,
    cancelling_without_a_process,
    pending_is_taken_once,
    only_the_scheduled_are_late,
    a_pause_ends_in_time,
    a_pause_is_passed_once,
    paused_is_paused,
    suspending_ends_the_process,
    resuming_takes_up_again,
    starting_is_the_owners,
    not_before_its_time,
    along_the_table,
)


def decide(old: State, new: State, facts: Facts, *, force: bool = False) -> Decision:
    """What becomes of `new`, proposed for a run that is in `old`. `force` leaves only the rule against duplicates."""
    for rule in RULES[:1] if force else RULES:
        decision = rule(old, new, facts)
        if decision is not None:
            return decision
    return Decision(status="ACCEPT", write=new)
