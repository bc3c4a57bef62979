"""A process's output becomes lines of a log."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.server.workers.output import LONGEST_LINE, LineSplitter, pump

plain = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=12)


@given(st.lists(plain, max_size=8), st.lists(st.integers(1, 9), max_size=30))
def test_lines_come_out_whole_however_the_stream_is_cut(lines, cuts):
    stream = "".join(line + "\n" for line in lines).encode()
    splitter, received = LineSplitter(), []
    for cut in cuts:
        received += splitter.feed(stream[:cut])
        stream = stream[cut:]
    received += splitter.feed(stream)
    received += splitter.feed(b"", final=True)
    assert received == lines


def test_a_last_line_without_a_line_break_is_not_lost():
    splitter = LineSplitter()
    assert splitter.feed(b"half") == []
    assert splitter.feed(b"", final=True) == ["half"]


def test_a_line_without_end_is_kept_in_pieces_and_not_waited_for():
    splitter = LineSplitter()
    pieces = splitter.feed(b"x" * (2 * LONGEST_LINE + 1))
    assert [len(piece) for piece in pieces] == [LONGEST_LINE, LONGEST_LINE, 1]


def test_a_progress_bar_leaves_what_a_terminal_would_show_in_the_end():
    assert LineSplitter().feed(b" 10%\r 50%\r100%\ndone\r\n") == ["100%", "done"]


def test_bytes_that_are_no_text_are_shown_as_such():
    assert LineSplitter().feed(b"\xff\xfe ok\n") == ["\ufffd\ufffd ok"]


@pytest.mark.parametrize(("written", "last"), [(b"a\nb\n\n", "b"), (b"a\nb", "b"), (b"\n", None), (b"", None)])
def test_pump_answers_with_the_last_line_that_says_something(written, last):
    async def run() -> tuple[str | None, list[str]]:
        stream, kept = asyncio.StreamReader(), []
        stream.feed_data(written)
        stream.feed_eof()

        async def keep(lines: list[str]) -> None:
            kept.extend(lines)

        return await pump(stream, keep), kept

    answer, kept = asyncio.run(run())
    assert answer == last
    assert kept == written.decode().split("\n")[: len(kept)]
