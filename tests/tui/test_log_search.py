"""Looking for something in a log finds every line that has it, once, however the log is read."""

import re

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.model import LogLine
from flowtui.tui.log_search import ERRORS, Hits, finder
from tests.fakes.world import NOW


def line(message: str, level: int = 20) -> LogLine:
    return LogLine(timestamp=NOW, level=level, message=message)


MESSAGES = st.lists(st.sampled_from(["all well", "Timeout after 5 s", "timeout", "x"]), max_size=40)


@given(MESSAGES, st.integers(1, 15))
def test_hits_are_those_of_reading_all_at_once(messages: list[str], size: int) -> None:
    hits = Hits(finder("timeout"))
    for start in range(0, len(messages), size):
        begin = max(start - 3, 0)  # portions overlap, as they do when a page is read again
        hits.look_at(begin, [line(m) for m in messages[begin : start + size]])
    assert hits.numbers == [n for n, m in enumerate(messages) if "timeout" in m.lower()]
    assert hits.scanned == len(messages)


def test_capitals_matter_only_when_there_are_some() -> None:
    assert finder("time").matches(line("TIMEOUT"))
    assert not finder("Time").matches(line("TIMEOUT"))


def test_what_is_no_regular_expression_is_looked_for_as_it_is() -> None:
    assert finder("f(x").matches(line("calling f(x)"))
    assert finder("rows?").matches(line("1 row"))
    assert isinstance(finder("[").pattern, re.Pattern)


def test_next_and_previous_go_round() -> None:
    hits = Hits(finder("x"), [3, 7, 9], 10)
    assert [hits.after(n) for n in (0, 3, 8, 9)] == [3, 7, 9, 3]
    assert [hits.before(n) for n in (10, 9, 4, 3)] == [9, 7, 3, 9]
    assert hits.position(7) == 2
    assert hits.position(8) is None
    assert Hits(finder("x")).after(1) is None


def test_errors_are_found_by_level() -> None:
    hits = Hits(ERRORS)
    hits.look_at(0, [line("a"), line("b", 30), line("c", 40), line("d", 50)])
    assert hits.numbers == [2, 3]
