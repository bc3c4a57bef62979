"""The state machine's table: every kind of state is in it, and a run only ever moves along its arrows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.orchestration.rules import Facts, decide
from flowtui.engine.orchestration.transitions import NEXT, may_follow
from flowtui.engine.states import TERMINAL, State, StateType
from tests.engine.orchestration.strategies import facts, states


def test_every_kind_of_state_has_its_row() -> None:
    assert set(NEXT) == {None, *StateType}


@pytest.mark.parametrize("kind", StateType)
def test_every_kind_of_state_can_be_reached(kind: StateType) -> None:
    assert any(kind in following for following in NEXT.values())


@pytest.mark.parametrize("kind", sorted(set(StateType) - TERMINAL))
def test_whatever_has_not_ended_may_end_in_every_way(kind: StateType) -> None:
    assert NEXT[kind] >= TERMINAL


def test_nothing_follows_completed() -> None:
    assert NEXT[StateType.COMPLETED] == frozenset()


@pytest.mark.parametrize("kind", sorted(TERMINAL - {StateType.COMPLETED}))
def test_out_of_an_end_a_run_can_only_be_started_again(kind: StateType) -> None:
    assert NEXT[kind] == {StateType.SCHEDULED, StateType.PENDING}


def test_a_run_that_is_being_cancelled_only_ends() -> None:
    assert NEXT[StateType.CANCELLING] == TERMINAL | {StateType.CANCELLING}


@given(states(), states(), facts())
def test_a_decision_never_writes_a_state_that_may_not_follow(old: State, new: State, known: Facts) -> None:
    written = decide(old, new, known).write
    assert written is None or may_follow(old.type, written.type)


@given(states(), st.lists(st.tuples(states(), facts()), max_size=30))
def test_a_run_only_ever_moves_along_the_arrows(state: State, proposals: list[tuple[State, Facts]]) -> None:
    """Whatever is proposed, by whomever, in whatever order: once completed it stays so."""
    for proposed, known in proposals:
        written = decide(state, proposed, known).write
        assert written is None or not state.is_completed()
        if written is not None:
            assert may_follow(state.type, written.type)
            state = written
