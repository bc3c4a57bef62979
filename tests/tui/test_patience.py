"""The reader of keys is asked for nothing while there is nothing to read, and is there when there is."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from flowtui.tui import patience
from flowtui.tui.patience import UntilInput
from tests.support import wait_until


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """What is read from, and what is written to."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


class Reader:
    """Does what Textual's reader does: asks whether to end, then reads what there is."""

    def __init__(self, terminal: int) -> None:
        self.gone: list[float] = []
        self.ending = UntilInput(terminal, lambda: self.gone.append(time.monotonic()))
        self._terminal, self.asked, self.read = terminal, 0, b""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.ending.read_here()
        os.set_blocking(self._terminal, False)
        while not self.ending.is_set():
            self.asked += 1
            with suppress(BlockingIOError):
                self.read += os.read(self._terminal, 100)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_LIVELY", 0.0)


def test_it_sleeps_until_something_is_to_be_read(terminal: tuple[int, int]) -> None:
    reader = Reader(terminal[0])
    for written in (b"a", b"ab", b"abc"):
        os.write(terminal[1], written[-1:])
        wait_until(lambda written=written: reader.read == written)
    assert reader.asked <= 6
    reader.ending.set()
    reader.thread.join(20)


def test_it_ends_when_it_is_told_to_and_can_begin_again(terminal: tuple[int, int]) -> None:
    first = Reader(terminal[0])
    first.ending.set()
    first.thread.join(20)
    assert not first.thread.is_alive()
    first.ending.clear()
    assert not first.ending.is_set()  # asked from another thread, it never waits


def test_a_terminal_that_is_gone_is_told_of_once_and_not_read_any_more(terminal: tuple[int, int]) -> None:
    reader = Reader(terminal[0])
    os.close(terminal[1])
    wait_until(lambda: reader.gone, what="the reader to find out")
    assert reader.asked <= 3
    reader.ending.set()
    reader.thread.join(20)
    assert not reader.thread.is_alive()
    assert len(reader.gone) == 1
