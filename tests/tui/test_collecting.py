"""Garbage is looked for when nobody waits for the screen."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from flowtui.tui.collecting import Collecting


class Ring:
    """Refers to itself, as a screen and its widgets do: only a full collection finds it once it has grown old."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_old_garbage_goes_when_no_key_was_pressed_for_a_while_and_not_before() -> None:
    now = 0.0
    collecting = Collecting(lambda: now)
    collecting.take_over()
    ring = Ring()
    garbage = weakref.ref(ring)
    for _ in range(5):
        gc.collect(1)
    del ring
    collecting.pressed()
    collecting.look()
    assert garbage() is not None
    now = 1.0
    collecting.pressed()
    now = 1.9
    collecting.look()
    assert garbage() is not None
    now = 3.5
    collecting.look()
    assert garbage() is None


@pytest.mark.usefixtures("collector")
def test_a_process_that_is_not_the_workstations_own_is_left_alone() -> None:
    ring = Ring()
    garbage = weakref.ref(ring)
    gc.collect(2)
    del ring
    thresholds = gc.get_threshold()
    now = 0.0
    collecting = Collecting(lambda: now)
    now = 100.0
    collecting.look()
    assert garbage() is not None
    assert gc.get_threshold() == thresholds
    gc.collect()
