"""What becomes of a lost run, whatever state it was in."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.orchestration.losses import Loss, states_after_loss
from flowtui.engine.states import (
    AwaitingRetry,
    Cancelling,
    Paused,
    Pending,
    Retrying,
    Running,
    State,
    Suspended,
)

NOW = datetime(2026, 11, 28, tzinfo=UTC)

losses = st.builds(
    Loss,
    state=st.sampled_from([Pending(), Running(), Retrying(), Paused(), Cancelling(), AwaitingRetry(NOW)]),
    reason=st.just("Its process vanished."),
    now=st.just(NOW),
    run_count=st.integers(0, 4),
    retries=st.integers(0, 3),
    retry_delay=st.sampled_from([timedelta(0), timedelta(seconds=9)]),
    can_restart=st.booleans(),
)


def last(loss: Loss) -> State:
    return states_after_loss(loss)[-1]


@given(losses)
def test_it_ends_or_is_due_again_and_always_says_why(loss: Loss) -> None:
    states = states_after_loss(loss)
    assert last(loss).is_final() or last(loss).is_scheduled()
    assert any("Its process vanished." in str(state.message) for state in states)
    assert all(state.timestamp == NOW for state in states)


@given(losses)
def test_only_what_something_can_start_again_is_due_again(loss: Loss) -> None:
    if last(loss).is_scheduled():
        assert loss.can_restart
        assert not loss.state.is_cancelling()


@given(losses)
def test_a_flow_is_begun_no_oftener_than_its_retries_allow(loss: Loss) -> None:
    if last(loss).is_scheduled() and not loss.state.is_pending():
        assert loss.run_count <= loss.retries


def test_a_suspended_run_goes_on_waiting() -> None:
    loss = Loss(
        state=Suspended(),
        reason="gone",
        now=NOW,
        run_count=1,
        retries=0,
        retry_delay=timedelta(0),
        can_restart=True,
    )
    assert states_after_loss(loss) == ()
