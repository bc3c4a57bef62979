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
    with pytest.raises(UsageError, match="cannot be negative"):
        fixed_delays([*values[:49], negative], 3)
