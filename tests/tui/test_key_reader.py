"""The reader of keys is at rest while there is nothing to read, and is there when there is."""

import os
import select
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import Key
from textual.message import Message

from flowtui.tui import key_reader
from flowtui.tui.key_reader import Ending, KeyReader
from tests.support import wait_until


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """What is read from, and what is written to."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


class Reading:
    """A reader in a thread of its own, and what it told."""

    def __init__(self, terminal: int) -> None:
        self.keys: list[str] = []
        self.gone = 0
        self.ending = Ending()
        reader = KeyReader(terminal, self.ending, self._tell, self._has_gone, debug=False)
        self.thread = threading.Thread(target=reader.run, daemon=True)
        self.thread.start()

    def _tell(self, message: Message) -> None:
        if isinstance(message, Key):
            self.keys.append(message.key)

    def _has_gone(self) -> None:
        self.gone += 1

    def end(self) -> None:
        self.ending.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


class Looks:
    """Counts how often it is waited for input, and for how long each time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waits: list[float | None] = []
        real = select.select

        def waited(read: Any, write: Any, wrong: Any, timeout: float | None = None) -> Any:
            self.waits.append(timeout)
            return real(read, write, wrong, timeout)

        monkeypatch.setattr(key_reader.select, "select", waited)


def test_it_sleeps_until_something_is_to_be_read(terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(monkeypatch)
    reading = Reading(terminal[0])
    for pressed in ("a", "ab", "abc"):
        os.write(terminal[1], pressed[-1:].encode())
        wait_until(lambda pressed=pressed: "".join(reading.keys) == pressed, what=f"the keys {pressed}")
        wait_until(lambda: looks.waits[-1] is None, what="the reader to sleep again")
    assert len(looks.waits) <= 3 * (key_reader._LOOKS + 1) + 1
    reading.end()


@given(st.lists(st.sampled_from(["a", "\x1b", "\x1b[A", "é"]), max_size=6))
@settings(max_examples=10)
def test_an_escape_alone_is_a_key_without_another_one_to_push_it(pressed: list[str]) -> None:
    ends = os.pipe()
    names = {"a": "a", "\x1b": "escape", "\x1b[A": "up", "é": "é"}
    reading = Reading(ends[0])
    for number, each in enumerate(pressed, 1):
        os.write(ends[1], each.encode())
        wait_until(lambda number=number: len(reading.keys) == number, what=f"key {number} of {pressed}")
    assert [{"latin_small_letter_e_with_acute": "é"}.get(key, key) for key in reading.keys] == [
        names[each] for each in pressed
    ]
    reading.end()
    for end in ends:
        os.close(end)


def test_a_character_that_comes_in_pieces_is_one_key(terminal: tuple[int, int]) -> None:
    reading = Reading(terminal[0])
    for piece in (b"\xc3", b"\xa9"):
        os.write(terminal[1], piece)
        wait_until(lambda: not select.select([terminal[0]], [], [], 0)[0], what="the piece to be read")
    wait_until(lambda: reading.keys == ["latin_small_letter_e_with_acute"] or reading.keys == ["é"])
    reading.end()


def test_bytes_that_are_no_text_do_not_keep_it_from_reading(terminal: tuple[int, int]) -> None:
    reading = Reading(terminal[0])
    os.write(terminal[1], b"a\xff\xfeb")
    wait_until(lambda: reading.keys[:1] == ["a"] and reading.keys[-1:] == ["b"], what="the keys around them")
    reading.end()


def test_it_ends_when_it_is_told_to_and_can_begin_again(terminal: tuple[int, int]) -> None:
    first = Reading(terminal[0])
    first.end()
    first.ending.clear()
    assert not first.ending.is_set()
    assert not select.select([first.ending], [], [], 0)[0]


def test_a_terminal_that_is_gone_is_told_of_once_and_not_read_any_more(terminal: tuple[int, int]) -> None:
    reading = Reading(terminal[0])
    os.close(terminal[1])
    wait_until(lambda: reading.gone, what="the reader to find out")
    reading.end()
    assert reading.gone == 1
