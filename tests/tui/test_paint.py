"""What of a line is painted again: all that differs, and little more."""

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from flowtui.tui.widgets.paint import differences

STYLES = (Style(), Style(color="red"), Style(bold=True))
PIECES = st.tuples(st.text(st.sampled_from("ab ✔⌛"), max_size=4), st.sampled_from(STYLES))
SEGMENTS = st.lists(PIECES.map(lambda piece: Segment(*piece)), max_size=8)


def line(segments: list[Segment]) -> Strip:
    return Strip(segments).adjust_cell_length(30, Style())


def at(strip: Strip, x: int) -> list[tuple[str, Style | None]]:
    return [(segment.text, segment.style) for segment in strip.crop(x, x + 1) if segment.text]


@given(SEGMENTS, SEGMENTS)
def test_all_cells_that_differ_are_painted(before: list[Segment], after: list[Segment]) -> None:
    old, new = line(before), line(after)
    spots = {x for start, width in differences(old, new) for x in range(start, start + width)}
    for x in range(30):
        assert x in spots or at(old, x) == at(new, x)


@given(SEGMENTS)
def test_what_looks_the_same_is_not_painted(segments: list[Segment]) -> None:
    again = [Segment(character, segment.style) for segment in segments for character in segment.text]
    assert differences(line(segments), line(again)) == []


def test_differences_that_lie_apart_stay_apart() -> None:
    old, new = line([Segment("a" * 30)]), line([Segment("b" + "a" * 20 + "bb" + "a" * 7)])
    assert differences(old, new) == [(0, 1), (21, 2)]


def test_a_line_of_another_length_is_painted_whole() -> None:
    assert differences(None, Strip([Segment("abc")])) == [(0, 3)]
    assert differences(Strip([Segment("ab")]), Strip([Segment("abc")])) == [(0, 3)]
