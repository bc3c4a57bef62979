"""Columns share out the room there is; the least important go first."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column, place_columns
from flowtui.tui.widgets.paint import clip, fit, width_of

COLUMNS = (
    Column("A", 5),
    Column("B", 6, share=1),
    Column("C", 4, share=2, most=10),
    Column("D", 8, rank=1),
    Column("E", 8, rank=2),
)


def test_with_room_all_columns_show_and_fill_it() -> None:
    placed = place_columns(COLUMNS, 80, 2)
    assert [p.column.title for p in placed] == list("ABCDE")
    assert sum(p.width for p in placed) + 2 * 4 == 80
    assert placed[2].width == 10


def test_what_matters_least_is_left_out_first() -> None:
    assert [p.column.title for p in place_columns(COLUMNS, 32, 2)] == list("ABCD")
    assert [p.column.title for p in place_columns(COLUMNS, 24, 2)] == list("ABC")
    assert [p.column.title for p in place_columns(COLUMNS, 3, 2)] == list("ABC")


@given(st.integers(21, 300))
def test_columns_never_take_more_room_than_there_is(room: int) -> None:
    placed = place_columns(COLUMNS, room, 2)
    assert sum(p.width for p in placed) + 2 * (len(placed) - 1) <= room


@given(
    st.lists(st.tuples(st.text(max_size=12), st.just("text")), max_size=4),
    st.integers(0, 30),
    st.sampled_from(["left", "right"]),
)
def test_fitted_spans_take_exactly_the_width(spans: list[tuple[str, str]], width: int, align: str) -> None:
    assert width_of(fit(spans, width, align)) == width


@given(st.text(max_size=40), st.integers(1, 30))
def test_clipping_keeps_what_fits_and_marks_what_does_not(text: str, width: int) -> None:
    shown = safe(text)
    clipped = clip(shown, width)
    assert cell_len(clipped) <= width
    assert clipped == shown if cell_len(shown) <= width else clipped.endswith("…")
