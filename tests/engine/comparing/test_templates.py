"""Kinds of log lines: what varies is masked, what differs is told, and any log can be fed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.comparing.templates import TemplateMiner
from flowtui.engine.model import LogLine

AT = datetime(2026, 11, 20, tzinfo=UTC)


def line(message: str, level: int = 20) -> LogLine:
    return LogLine(timestamp=AT, level=level, message=message)


def mined(older: list[str], newer: list[str], level: int = 20) -> dict[str, tuple[int, int]]:
    miner = TemplateMiner(("amber-auk", "plucky-heron"))
    miner.feed(0, [line(text, level) for text in older])
    miner.feed(1, [line(text, level) for text in newer])
    return {template.text: (template.counts[0], template.counts[1]) for template in miner.templates}


@pytest.mark.parametrize(
    ("one", "other", "template"),
    [
        ("page 11: 1,204 rows", "page 12: 7 rows", "page <*>: <*> rows"),
        ("took 4.1s", "took 12.75s", "took <*>s"),
        ("at 2026-11-20T14:02:05.123Z", "at 2026-11-21 09:00:00", "at <*>"),
        ("id 0199aaaa-0000-7000-8000-0123456789ab", "id 0199bbbb-1111-7000-8000-0123456789ab", "id <*>"),
        ("commit 1f3c9ab", "commit 9d2e4f1", "commit <*>"),
        ("Beginning flow run 'amber-auk'", "Beginning flow run 'plucky-heron'", "Beginning flow run '<*>'"),
        ("loaded the orders table", "loaded the items table", "loaded the <*> table"),
    ],
)
def test_what_varies_from_run_to_run_makes_no_difference(one: str, other: str, template: str) -> None:
    assert mined([one], [other]) == {template: (1, 1)}


def test_other_words_are_another_kind_of_line() -> None:
    found = mined(["wrote 3 rows to stars.csv"], ["connection refused by host"])
    assert found == {"wrote <*> rows to stars.csv": (1, 0), "connection refused by host": (0, 1)}


def test_another_error_at_the_end_of_a_traceback_is_another_kind_of_line() -> None:
    head = "Encountered exception during execution:\nTraceback (most recent call last):\n  File 'x.py'\n"
    found = mined([head + "KeyError: 'price'"], [head + "ValueError: 'price'"], level=40)
    assert sorted(found.values()) == [(0, 1), (1, 0)]


def test_a_level_is_a_part_of_the_kind() -> None:
    miner = TemplateMiner()
    miner.feed(0, [line("disk is full", 20)])
    miner.feed(1, [line("disk is full", 40)], start=7)
    assert [(it.level, it.counts, it.first) for it in miner.templates] == [
        (20, [1, 0], [0, None]),
        (40, [0, 1], [None, 7]),
    ]


def test_a_log_without_any_order_is_fed_within_bounds() -> None:
    """Every line of it has other words: few are kept, and it is said how many were not."""
    miner = TemplateMiner()
    letters = "abcdefghij"
    words = [f"{a}{b}{c}" for a in letters for b in letters for c in letters]
    lines = [line(f"{words[i % 997]} {words[i * 7 % 991]} {words[i * 3 % 983]}") for i in range(5_000)]
    miner.feed(0, lines)
    assert len(miner.templates) <= 2_000
    assert sum(template.counts[0] for template in miner.templates) + miner.left_out == 5_000
    assert miner.left_out > 0


@given(st.lists(st.text(max_size=40), max_size=30))
def test_two_logs_that_say_the_same_have_no_kind_of_line_of_their_own(messages: list[str]) -> None:
    miner = TemplateMiner()
    for side in (0, 1):
        miner.feed(side, map(line, messages))
    assert all(template.counts[0] == template.counts[1] for template in miner.templates)
    assert sum(template.counts[0] for template in miner.templates) == len(messages)
