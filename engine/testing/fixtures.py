"""The fixtures for pytest: `pytest_plugins = ["flowtui.testing"]` in a conftest makes them known."""

from collections.abc import Iterator

import pytest

from flowtui.engine.testing.clock import FakeClock
from flowtui.engine.testing.harness import Harness, harness

__all__ = ["flowtui_clock", "flowtui_store"]


@pytest.fixture
def flowtui_store() -> Iterator[Harness]:
    """A store of the test's own, on the machine's clock."""
    with harness() as store:
        yield store


@pytest.fixture
def flowtui_clock() -> Iterator[FakeClock]:
    """A clock that the test moves, and a store of the test's own that goes by it."""
    clock = FakeClock()
    with harness(clock=clock):
        yield clock
