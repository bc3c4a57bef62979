"""The final state of a run, from what its function did."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.errors import (
    CancelledRun,
    CrashedRun,
    FailedRun,
    MissingResult,
    PausedRun,
    RunTimeout,
    StaleEpoch,
    StoreError,
    TerminationSignal,
    UnfinishedRun,
    UpstreamFailed,
)
from flowtui.engine.orchestration.outcomes import state_of_error, state_of_states, state_of_value
from flowtui.engine.states import Cancelled, Cancelling, Completed, Crashed, Failed, Paused, Running, Scheduled, State
from tests.engine.orchestration.strategies import states


@pytest.mark.parametrize("value", [None, 0, "", [], (), {}, set(), 42, "text", [1, 2], {"a": Failed()}])
def test_data_is_completed_with_that_data(value: Any) -> None:
    """An empty list, too; and a dictionary is data, whatever it holds."""
    state = state_of_value(value)
    assert state.is_completed()
    assert state.result() == value


@given(states())
def test_a_returned_state_is_the_state(state: State) -> None:
    assert state_of_value(state) is state


@given(st.lists(states(), min_size=1))
def test_returned_states_are_counted_and_stay_the_data(every: list[State]) -> None:
    state = state_of_value(every)
    assert state.data == every
    assert state.type == state_of_states(every).type
    assert state.is_completed() == all(one.is_completed() for one in every)


@pytest.mark.parametrize("collection", [list, tuple])
def test_states_are_found_in_lists_and_tuples(collection: Callable[[list[State]], Any]) -> None:
    assert state_of_value(collection([Completed(), Failed()])).message == "1/2 states failed."


def test_states_beside_data_are_data() -> None:
    assert state_of_value([Failed(), 1]).is_completed()


@pytest.mark.parametrize(
    ("every", "name", "message"),
    [
        ([Completed(), Completed(name="Cached")], "Completed", "All states completed."),
        ([Completed(), Failed(), Crashed()], "Failed", "2/3 states failed."),
        ([Failed(), Cancelled(), Completed()], "Cancelled", "1/3 states cancelled."),
        ([Failed(), Paused()], "Paused", "Some states are paused."),
        ([Completed(), Running(), Scheduled()], "Failed", "2/3 states are not final."),
        ([Running(), Failed()], "Failed", "1/2 states failed."),
    ],
)
def test_many_states_make_one(every: list[State], name: str, message: str) -> None:
    state = state_of_states(every)
    assert (state.name, state.message) == (name, message)


@given(st.lists(states()), st.randoms())
def test_the_order_of_the_states_does_not_matter(every: list[State], random: Any) -> None:
    shuffled = random.sample(every, len(every))
    one, other = state_of_states(every), state_of_states(shuffled)
    assert (one.type, one.message) == (other.type, other.message)


# -- exceptions -----------------------------------------------------------------------------------------------------


def test_what_user_code_raises_is_failed_with_the_exception_as_data() -> None:
    error = ValueError("no rows")
    state = state_of_error(error, "Task")
    assert str(state) == "Failed('Task run encountered an exception: ValueError: no rows')"
    assert state.data is error


def test_an_exception_without_a_text_is_named() -> None:
    assert state_of_error(KeyError(), "Flow").message == "Flow run encountered an exception: KeyError"


def test_a_run_that_took_too_long_is_failed_by_the_name_of_timed_out() -> None:
    state = state_of_error(RunTimeout("It took longer than 2 second(s)."), "Flow")
    assert (state.type, state.name) == (Failed().type, "TimedOut")
    assert state.message == "Flow run exceeded its timeout. It took longer than 2 second(s)."


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (asyncio.CancelledError(), "Execution was cancelled by the runtime environment."),
        (KeyboardInterrupt(), "Execution was aborted by an interrupt signal."),
        (TerminationSignal(), "Execution was aborted by a termination signal."),
        (SystemExit(3), "Execution was aborted by a Python system exit call (code 3)."),
        (GeneratorExit(), "An unexpected exception was encountered: GeneratorExit"),
        (StoreError("The disk is full."), "The disk is full."),
    ],
)
def test_what_comes_from_outside_the_users_code_is_crashed(error: BaseException, message: str) -> None:
    state = state_of_error(error, "Flow")
    assert (state.name, state.message) == ("Crashed", message)
    assert state.data is error


def test_a_run_that_was_taken_over_says_so() -> None:
    assert "taken over" in str(state_of_error(StaleEpoch("1", 1, 2), "Flow").message)


@given(st.sampled_from([Exception, ValueError, OSError, TimeoutError, StopIteration, UpstreamFailed]), st.text())
def test_every_exception_of_user_code_is_failed(kind: type[Exception], text: str) -> None:
    assert state_of_error(kind(text), "Task").is_failed()


# -- results of states ----------------------------------------------------------------------------------------------


def test_the_result_of_a_failure_is_raised_or_returned() -> None:
    error = ValueError("no rows")
    state = Failed(data=error)
    with pytest.raises(ValueError, match="no rows"):
        state.result()
    assert state.result(raise_on_failure=False) is error


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (Failed(message="m"), FailedRun),
        (Crashed(message="m"), CrashedRun),
        (Cancelled(message="m"), CancelledRun),
        (Cancelling(message="m"), CancelledRun),
        (Paused(message="m"), PausedRun),
    ],
)
def test_an_end_without_an_exception_has_one_of_its_kind(state: State, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"^m$"):
        state.result()
    assert isinstance(state.result(raise_on_failure=False), kind)


def test_a_run_that_has_not_ended_has_no_result_yet() -> None:
    with pytest.raises(UnfinishedRun, match="Running"):
        Running().result()


def test_a_completed_run_whose_value_was_not_kept_says_how_to_keep_it() -> None:
    with pytest.raises(MissingResult, match="persist_result=True"):
        Completed().result()
