"""What a run's record says after a transition: attempts, start and end, time spent running."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.orchestration.bookkeeping import Times, after
from flowtui.engine.states import AwaitingRetry, Completed, Failed, Paused, Pending, Retrying, Running, Scheduled, State
from tests.engine.orchestration.strategies import NOW, states

ZERO = timedelta(0)


def at(seconds: float) -> dict[str, object]:
    return {"timestamp": NOW + timedelta(seconds=seconds)}


def walk(path: list[State]) -> Times:
    """The times of a run that went through these states."""
    times = Times()
    old: State | None = None
    for new in path:
        times, old = after(times, old, new), new
    return times


def test_a_plain_run_starts_once_ends_once_and_ran_in_between() -> None:
    times = walk([Scheduled(NOW, **at(-5)), Pending(**at(1)), Running(**at(2)), Completed(**at(5))])
    assert times == Times(
        run_count=1,
        expected_start=NOW,
        start=NOW + timedelta(seconds=2),
        end=NOW + timedelta(seconds=5),
        total=timedelta(seconds=3),
    )


def test_a_retry_counts_as_another_attempt_and_keeps_the_first_start() -> None:
    due = NOW + timedelta(seconds=9)
    times = walk([Pending(**at(0)), Running(**at(1)), AwaitingRetry(due, **at(3)), Retrying(**at(9)), Failed(**at(10))])
    assert times.run_count == 2
    assert times.start == NOW + timedelta(seconds=1)
    assert times.total == timedelta(seconds=3)
    assert times.expected_start == due


def test_going_on_after_a_pause_is_the_same_attempt() -> None:
    times = walk([Pending(**at(0)), Running(**at(1)), Paused(**at(2)), Running(**at(60)), Completed(**at(61))])
    assert times.run_count == 1
    assert times.total == timedelta(seconds=2)


def test_a_run_without_a_time_is_expected_when_it_was_created() -> None:
    assert after(Times(), None, Pending(**at(3))).expected_start == NOW + timedelta(seconds=3)


def test_a_run_that_is_started_again_has_no_end() -> None:
    times = walk([Running(**at(1)), Failed(**at(2)), Scheduled(NOW, **at(3))])
    assert times.end is None


@given(st.lists(states(), max_size=20))
def test_no_walk_loses_time_or_attempts_whatever_the_clock_does(path: list[State]) -> None:
    """The clock of a machine may be set back; durations do not become negative."""
    times, old = Times(), None
    for new in path:
        following = after(times, old, new)
        assert following.total >= times.total >= ZERO
        assert 0 <= following.run_count - times.run_count <= 1
        assert (following.end is not None) == new.is_final()
        assert times.start is None or following.start == times.start
        times, old = following, new
    assert times.run_count == 0 or times.start is not None
    assert times.run_count <= sum(state.is_running() for state in path)
