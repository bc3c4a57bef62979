"""Bars fill exactly the cells they are given, in eighths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.tui.widgets.bars import axis, columns, nice_span, progress, time_bar
from flowtui.tui.widgets.paint import Span, width_of

PARTS = st.floats(-0.5, 1.5)
WIDTHS = st.integers(1, 80)


def text_of(spans: list[Span]) -> str:
    return "".join(text for text, _ in spans)


def eighths(spans: list[Span]) -> int:
    """How much of the line is filled."""
    filled = 0
    for text, role in spans:
        if not role or role == "ghost":
            continue
        for character in text:
            part = " ▏▎▍▌▋▊▉█".index(character)
            filled += 8 - part if str(role).startswith("reverse") else part
    return filled


@given(PARTS, PARTS, WIDTHS)
def test_a_bar_takes_exactly_its_width(start: float, length: float, width: int) -> None:
    assert width_of(time_bar(start, start + abs(length), width, "running")) == width


@given(st.floats(0, 1), st.floats(0, 1), WIDTHS)
def test_a_bar_is_as_long_as_the_time_it_stands_for(one: float, two: float, width: int) -> None:
    start, end = min(one, two), max(one, two)
    wanted = max(round(end * width * 8) - round(start * width * 8), 1)
    assert abs(eighths(time_bar(start, end, width, "running")) - wanted) <= 1


def test_a_bar_begins_and_ends_within_cells() -> None:
    bar = time_bar(0.25 / 4, 2.5 / 4, 4, "running")
    assert bar == [("", ""), ("▎", "reverse running"), ("█", "running"), ("▌", "running"), (" ", "")]


def test_the_shortest_bar_still_shows() -> None:
    assert text_of(time_bar(0.5, 0.5, 8, "running")) == "    ▏   "
    assert text_of(time_bar(1.0, 1.0, 4, "running")).strip()


@given(PARTS, WIDTHS)
def test_progress_takes_exactly_its_width(done: float, width: int) -> None:
    assert width_of(progress(done, width, "running")) == width


def test_progress_is_empty_at_the_start_and_full_at_the_end() -> None:
    assert text_of(progress(0, 5, "running")) == "·····"
    assert text_of(progress(1, 5, "running")) == "█████"
    assert text_of(progress(0.5, 5, "running")) == "██▌··"


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=24), st.integers(1, 5))
def test_columns_stand_on_the_ground_and_the_highest_reaches_the_top(values: list[int], rows: int) -> None:
    lines = [columns(values, max(values), row, rows) for row in range(rows)]
    for index, value in enumerate(values):
        cells = [line[index] for line in lines]
        assert (cells[-1] == " ") is (value == 0)
        assert all(cells[at] == " " or cells[at + 1] == "█" for at in range(rows - 1))
        if value == max(values) > 0:
            assert cells[0] == "█"


@given(st.floats(0.001, 1e7))
def test_a_nice_span_holds_what_it_is_for_with_little_room_to_spare(seconds: float) -> None:
    span = nice_span(seconds)
    assert span > seconds
    assert span <= max(seconds * 1.6, 0.5)


@given(st.floats(0.01, 1e6), st.integers(5, 160))
def test_an_axis_fits_and_begins_at_nought(seconds: float, width: int) -> None:
    text = text_of(axis(seconds, width))
    assert len(text) == width
    assert text.startswith("0s")


@pytest.mark.parametrize(
    ("seconds", "times"),
    [(50, "0s 10s 20s 30s 40s"), (9000, "0s 30m 1:00:00 1:30:00 2:00:00"), (86_400 * 6.5, "0s 1d 2d 3d 4d 5d 6d")],
)
def test_an_axis_counts_in_the_units_in_which_people_do(seconds: float, times: str) -> None:
    assert text_of(axis(seconds, 90)).split() == times.split()
