"""When a failed task is tried again."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.errors import UsageError
from flowtui.engine.orchestration.retries import delay_before, exponential_backoff, fixed_delays

delays = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)


def test_one_number_is_the_delay_before_each_retry() -> None:
    assert [delay_before(retry, fixed_delays(2, 3)) for retry in (1, 2, 3)] == [2.0, 2.0, 2.0]


@given(delays, st.integers(1, 200))
def test_a_list_gives_one_delay_for_each_retry_and_its_last_repeats(values: list[float], retry: int) -> None:
    assert delay_before(retry, fixed_delays(values, retry)) == (values[retry - 1 :] or values[-1:])[0]


def test_a_function_is_given_the_number_of_retries() -> None:
    assert fixed_delays(lambda retries: [retries, retries + 1], 3) == (3.0, 4.0)


def test_no_delays_are_no_delay() -> None:
    assert delay_before(1, fixed_delays([], 2)) == 0.0


@given(st.floats(0.001, 100), st.integers(1, 100))
def test_exponential_delays_double(factor: float, retries: int) -> None:
    values = fixed_delays(exponential_backoff(factor), retries)
    assert len(values) == min(retries, 50)
    assert values[0] == factor
    assert all(later == 2 * earlier for earlier, later in itertools.pairwise(values))


def test_more_than_fifty_delays_are_refused() -> None:
    with pytest.raises(UsageError, match="lists 51 delays; 50 are the most"):
        fixed_delays([1.0] * 51, 51)


@given(delays, st.floats(max_value=-1e-9, allow_nan=False))
def test_a_negative_delay_is_refused(values: list[float], negative: float) -> None:
    with pytest.raises(UsageError, match="a number of seconds, 0 or more"):
        fixed_delays([*values[:49], negative], 3)


# -- jitter ---------------------------------------------------------------------------------------------------------

chances = st.floats(0, 1, exclude_max=True)
jitters = st.floats(0, 10)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(1, 60), jitters, chances)
def test_a_spread_delay_stays_within_its_bounds(values: list[float], retry: int, jitter: float, chance: float) -> None:
    plain = delay_before(retry, values)
    spread = delay_before(retry, values, jitter, lambda: chance)
    assert max(plain * (1 - jitter), 0) * (1 - 1e-9) <= spread <= plain * (1 + jitter) * (1 + 1e-9)


@given(st.floats(1e-3, 1e6), st.floats(0.01, 10))
def test_jitter_reaches_both_of_its_bounds(delay: float, jitter: float) -> None:
    least, most = (delay_before(1, [delay], jitter, lambda chance=chance: chance) for chance in (0.0, 1.0))
    assert least == pytest.approx(max(delay * (1 - jitter), 0))
    assert most == pytest.approx(delay * (1 + jitter))


@given(st.floats(0, 1e6), chances)
def test_without_jitter_chance_is_not_asked(delay: float, chance: float) -> None:
    def never() -> float:
        raise AssertionError("asked")

    assert delay_before(1, [delay], 0.0, never) == delay
    assert delay_before(1, [0.0], 0.5, never) == 0.0


def test_jitter_spreads_by_itself() -> None:
    assert len({delay_before(1, [10.0], 0.5) for _ in range(20)}) > 1


@pytest.mark.parametrize("delay", ["3", b"3", "soon", object(), [object()], {"a": 1}, float("inf"), [float("nan")]])
def test_what_is_no_delay_is_refused(delay: object) -> None:
    with pytest.raises(UsageError, match="retry_delay_seconds of 'load'"):
        fixed_delays(delay, 2, "load")  # type: ignore[arg-type]


@pytest.mark.parametrize("delay", [(1, 2), range(1, 3), iter([1, 2]), lambda retries: (n + 1 for n in range(retries))])
def test_delays_come_in_any_order_of_numbers(delay: object) -> None:
    assert fixed_delays(delay, 2) == (1.0, 2.0)  # type: ignore[arg-type]
