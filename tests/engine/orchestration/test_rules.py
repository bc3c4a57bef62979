"""What becomes of a proposed state: duplicates, ends, cancelling, ownership, and not before its time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowtui.engine.orchestration.rules import Decision, Facts, decide
from flowtui.engine.states import (
    TERMINAL,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Late,
    Paused,
    Pending,
    Resuming,
    Running,
    Scheduled,
    State,
    StateType,
    Suspended,
)
from tests.engine.orchestration.strategies import NOW, facts, owners, states

OWNER = Facts(now=NOW, owned=True, by_owner=True, can_restart=True)
STRANGER = Facts(now=NOW, owned=True, by_owner=False, can_restart=True)
UNOWNED = Facts(now=NOW, owned=False, by_owner=False, can_restart=True)
not_final = st.sampled_from(sorted(set(StateType) - TERMINAL))
final = st.sampled_from(sorted(TERMINAL))


# -- answers in general ---------------------------------------------------------------------------------------------


@given(states(), states(), facts(), st.booleans())
def test_only_accept_writes_what_was_proposed(old: State, new: State, known: Facts, force: bool) -> None:
    """A rejection may write another state; waiting and aborting write nothing."""
    decision = decide(old, new, known, force=force)
    if decision.status == "ACCEPT":
        assert decision.write in (new, None)
    elif decision.status == "REJECT":
        assert decision.write != new
    else:
        assert decision.write is None


@given(states(), states(), facts())
def test_whatever_is_not_accepted_has_a_reason(old: State, new: State, known: Facts) -> None:
    decision = decide(old, new, known)
    assert decision.status == "ACCEPT" or decision.reason


@given(states(), states(), facts())
def test_only_waiting_has_a_delay(old: State, new: State, known: Facts) -> None:
    decision = decide(old, new, known)
    assert (decision.delay_seconds > 0) == (decision.status == "WAIT")


# -- duplicates -----------------------------------------------------------------------------------------------------


@given(states(), facts(), st.booleans())
def test_a_proposal_that_is_repeated_is_accepted_and_written_once(state: State, known: Facts, force: bool) -> None:
    assert decide(state, replace(state), known, force=force) == Decision(status="ACCEPT")


@given(states(), states(), facts())
def test_force_writes_everything_but_a_duplicate(old: State, new: State, known: Facts) -> None:
    assert decide(old, new, known, force=True) == Decision(status="ACCEPT", write=new)


# -- ends -----------------------------------------------------------------------------------------------------------


@given(states(), facts())
def test_nothing_leaves_completed(new: State, known: Facts) -> None:
    decision = decide(Completed(), new, known)
    assert (decision.status, decision.write) == ("ABORT", None)


@given(states(final), states(), facts())
def test_an_end_is_left_only_to_be_started_again(old: State, new: State, known: Facts) -> None:
    decision = decide(old, new, known)
    if decision.status == "ACCEPT":
        assert new.is_scheduled() or (new.is_pending() and known.by_owner)


@pytest.mark.parametrize("end", [Failed(), Crashed(), Cancelled()])
def test_an_ended_run_can_be_scheduled_again_when_a_worker_can_start_it(end: State) -> None:
    assert decide(end, Scheduled(NOW), UNOWNED).status == "ACCEPT"
    without = decide(end, Scheduled(NOW), replace(UNOWNED, can_restart=False))
    assert without.status == "ABORT"
    assert "no deployment" in str(without.reason)


@pytest.mark.parametrize("end", [Failed(), Crashed(), Cancelled(), Completed()])
def test_a_run_that_has_ended_cannot_be_cancelled(end: State) -> None:
    assert decide(end, Cancelling(), UNOWNED).status == "ABORT"


# -- cancelling -----------------------------------------------------------------------------------------------------


@given(states(), facts())
def test_what_is_being_cancelled_neither_starts_nor_waits_again(new: State, known: Facts) -> None:
    written = decide(Cancelling(), new, known).write
    assert written is None or written.is_final()


@given(states(final), facts())
def test_what_is_being_cancelled_may_end_in_every_way(new: State, known: Facts) -> None:
    assert decide(Cancelling(), new, known).status == "ACCEPT"


@given(states(not_final), facts())
def test_cancelling_what_nobody_runs_is_cancelled_at_once(old: State, known: Facts) -> None:
    assume(not old.is_cancelling())
    decision = decide(old, Cancelling(), replace(known, owned=False, by_owner=False))
    assert decision.status == "REJECT"
    assert decision.write is not None
    assert decision.write.is_cancelled()
    assert decision.write.message


def test_cancelling_what_nobody_runs_keeps_the_given_reason() -> None:
    decision = decide(Scheduled(NOW), Cancelling(message="not today"), UNOWNED)
    assert decision.write is not None
    assert decision.write.message == "not today"


@pytest.mark.parametrize("old", [Pending(), Running(), Paused()])
def test_anybody_may_ask_to_cancel_what_another_process_runs(old: State) -> None:
    assert decide(old, Cancelling(), STRANGER).status == "ACCEPT"


# -- ownership ------------------------------------------------------------------------------------------------------


@given(states(not_final), states(), facts())
def test_an_owned_run_is_moved_on_by_its_owner_only(old: State, new: State, known: Facts) -> None:
    """Strangers may cancel it, pause it, resume it, or say that it ended."""
    decision = decide(old, new, replace(known, owned=True, by_owner=False))
    if decision.write is not None and not (decision.write.is_final() or decision.write.is_cancelling()):
        assert (old.is_running() and new.is_paused()) or (old.is_paused() and new.is_running())


@given(states(not_final), states(), owners)
def test_the_owner_is_never_told_that_another_process_runs_it(old: State, new: State, known: Facts) -> None:
    assert decide(old, new, known).reason != "another process runs it"


@pytest.mark.parametrize("old", [Pending(), Running(), Paused()])
def test_a_pending_run_is_taken_once(old: State) -> None:
    decision = decide(old, Pending(), UNOWNED)
    assert (decision.status, decision.reason) == ("ABORT", f"it is already {old.name}")


def test_the_owner_may_name_its_steps_within_pending() -> None:
    assert decide(Pending(), Pending(name="Submitting"), OWNER).status == "ACCEPT"


# -- pauses ---------------------------------------------------------------------------------------------------------


@given(states(not_final), facts(), st.booleans())
def test_a_pause_with_a_key_is_passed_once(old: State, known: Facts, suspend: bool) -> None:
    again = replace(known, passed_pauses=frozenset({"approval"}))
    decision = decide(old, Paused(pause_key="approval", reschedule=suspend), again)
    assert decision.write is None or decision.write.is_final()


def test_a_pause_with_another_key_or_none_is_entered() -> None:
    known = replace(OWNER, passed_pauses=frozenset({"approval"}))
    assert decide(Running(), Paused(pause_key="review"), known).status == "ACCEPT"
    assert decide(Running(), Paused(), known).status == "ACCEPT"
    refused = decide(Running(), Paused(pause_key="approval"), known)
    assert (refused.status, refused.reason) == ("REJECT", "it has been at this pause before, and was resumed")


@pytest.mark.parametrize("then", [Running(), Scheduled(NOW), Paused(), Suspended()])
@pytest.mark.parametrize("known", [OWNER, STRANGER, UNOWNED])
def test_who_comes_after_the_timeout_of_a_pause_finds_a_failed_run(then: State, known: Facts) -> None:
    old = Paused(pause_expiration_time=NOW)
    decision = decide(old, then, known)
    assert decision.status == "REJECT"
    assert decision.write is not None
    assert (decision.write.name, decision.write.message) == ("Failed", "The flow was paused and never resumed.")
    assert decide(old, then, replace(known, now=NOW - timedelta(microseconds=1))).reason != decision.reason


def test_a_subflow_can_be_paused_but_not_suspended() -> None:
    subflow = replace(OWNER, is_subflow=True)
    assert decide(Running(), Paused(), subflow).status == "ACCEPT"
    refused = decide(Running(), Suspended(), subflow)
    assert refused.status == "ABORT"
    assert "pause it, or suspend the parent" in str(refused.reason)


@pytest.mark.parametrize(
    ("old", "known", "status", "reason"),
    [
        (Paused(), STRANGER, "ACCEPT", None),
        (Paused(), UNOWNED, "ABORT", "the process that waited for it is gone"),
        (Suspended(), STRANGER, "WAIT", "its process is still ending"),
        (Suspended(), UNOWNED, "ABORT", "its process has ended; it has to be scheduled, not just set to Running"),
    ],
)
def test_a_paused_run_is_resumed_by_anybody_in_the_process_that_waits(
    old: State, known: Facts, status: str, reason: str | None
) -> None:
    decision = decide(old, Running(), known)
    assert (decision.status, decision.reason) == (status, reason)


def test_a_suspended_run_is_scheduled_again_when_a_worker_can_start_it() -> None:
    assert decide(Suspended(), Resuming(), UNOWNED).status == "ACCEPT"
    assert decide(Suspended(), Resuming(), STRANGER).status == "WAIT"
    without = decide(Suspended(), Resuming(), replace(UNOWNED, can_restart=False))
    assert without.status == "ABORT"
    assert "flowtui flow-run resume ID --entrypoint file.py:flow" in str(without.reason)
    assert decide(Paused(), Resuming(), STRANGER).status == "ABORT"


@pytest.mark.parametrize("old", [Paused(), Suspended()])
def test_only_its_process_makes_a_pause_another_one(old: State) -> None:
    assert decide(old, Paused(), STRANGER).status == "ABORT"
    assert decide(old, Paused(), OWNER).status == ("ABORT" if old.is_suspended() else "ACCEPT")


@pytest.mark.parametrize("old", [Paused(), Suspended()])
def test_cancelling_a_suspended_run_ends_it_at_once(old: State) -> None:
    decision = decide(old, Cancelling(), UNOWNED)
    assert decision.write is not None
    assert decision.write.is_cancelled()


# -- its time -------------------------------------------------------------------------------------------------------


@given(st.integers(1, 10_000_000))
def test_a_run_that_is_not_due_waits_until_it_is(micros: int) -> None:
    early = timedelta(microseconds=micros)
    decision = decide(Scheduled(NOW + early), Running(), UNOWNED)
    assert (decision.status, decision.delay_seconds) == ("WAIT", early.total_seconds())


@given(st.integers(0, 10_000_000))
def test_a_run_that_is_due_starts(micros: int) -> None:
    assert decide(Scheduled(NOW - timedelta(microseconds=micros)), Running(), UNOWNED).status == "ACCEPT"


@given(states(not_final), facts())
def test_only_a_scheduled_run_can_be_late(old: State, known: Facts) -> None:
    decision = decide(old, Late(NOW), known)
    if decision.status == "ACCEPT":
        assert old.is_scheduled()
