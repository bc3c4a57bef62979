"""A test of a flow, as a test suite would have it."""

from prefect import flow, task
from prefect.testing.utilities import prefect_test_harness


@task
def double(x):
    return 2 * x


@flow
def doubling(n: int):
    return [double(i) for i in range(n)]


def test_doubling():
    with prefect_test_harness():
        assert doubling(3) == [0, 2, 4]
        assert double.fn(4) == 8
        assert doubling.fn(2) == [0, 2]


if __name__ == "__main__":
    test_doubling()
    print("passed")
