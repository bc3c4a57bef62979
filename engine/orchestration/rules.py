"""Decide what becomes of a proposed state of a flow run.

`decide` walks a list of small rules; the first one with an opinion wins, and no opinion means ACCEPT.
Source of the rules: what this field expects of a flow run (duplicates, ends, cancelling, pending, late, its time).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from flowtui.engine.orchestration.transitions import may_follow
from flowtui.engine.states import Cancelled, State

__all__ = ["Decision", "Facts", "decide"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict, and the state to write (None: write nothing)."""

    status: Literal["ACCEPT", "REJECT", "WAIT", "ABORT"]
    write: State | None = None
    reason: str | None = None
    delay_seconds: float = 0.0


Rule = Callable[[State, State, Facts], Decision | None]


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


def starting_is_the_owners(old: State, new: State, facts: Facts) -> Decision | None:
    """An owned run is started, retried and paused by its owner; anybody may cancel it or say that it ended."""
    if facts.by_owner or not facts.owned or new.is_final() or new.is_cancelling():
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
