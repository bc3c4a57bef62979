"""When the store's clock is believed: not right after it was set, nor after the machine slept."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowtui.server.services.clock_watch import SLACK, ClockWatch

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
PATIENCE = 15.0


class Clocks:
    """The store's clock, and one that nobody sets."""

    def __init__(self) -> None:
        self.steady = 100.0
        self.store = START
        self.watch = ClockWatch(PATIENCE, monotonic=lambda: self.steady)

    def pass_(self, seconds: float, step: float = 0.0) -> None:
        self.steady += seconds
        self.store += timedelta(seconds=seconds + step)

    def look(self):
        return self.watch.look(lambda: self.store)


def trusted() -> Clocks:
    clocks = Clocks()
    assert clocks.look().moment is None, "it has only just begun to look"
    clocks.pass_(PATIENCE)
    assert clocks.look().moment == clocks.store
    return clocks


def test_a_clock_that_was_set_forward_is_not_believed_until_all_could_renew() -> None:
    clocks = trusted()
    clocks.pass_(10, step=3600)
    reading = clocks.look()
    assert (reading.moment, reading.went_back) == (None, None)
    clocks.pass_(PATIENCE - 1)
    assert clocks.look().moment is None
    clocks.pass_(1)
    assert clocks.look().moment == clocks.store


def test_a_clock_that_was_set_back_says_by_how_much_once() -> None:
    clocks = trusted()
    clocks.pass_(10, step=-3600)
    assert clocks.look().went_back == timedelta(hours=1)
    clocks.pass_(10)
    assert clocks.look().went_back is None


@given(st.lists(st.tuples(st.floats(0.1, 100), st.floats(-SLACK / 2, SLACK / 2)), max_size=30))
def test_a_clock_that_drifts_a_little_is_believed(looks: list[tuple[float, float]]) -> None:
    clocks = trusted()
    for seconds, drift in looks:
        clocks.pass_(seconds, step=drift)
        assert clocks.look().moment == clocks.store


@given(
    st.lists(
        st.tuples(st.floats(0.1, 20), st.one_of(st.just(0.0), st.floats(3, 1e5), st.floats(-1e5, -3))), max_size=30
    )
)
def test_whatever_the_clock_does_it_is_never_believed_within_the_patience_after_a_step(
    looks: list[tuple[float, float]],
) -> None:
    clocks, since = trusted(), PATIENCE
    for seconds, step in looks:
        clocks.pass_(seconds, step)
        since = 0.0 if step else since + seconds
        assert (clocks.look().moment is None) == (since < PATIENCE)
