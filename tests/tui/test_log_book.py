"""Lines by number and rows by line agree with counting them one by one, whatever is loaded when."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.engine.model import LogLine
from flowtui.tui.log_book import PAGE, LogBook
from tests.fakes.world import NOW


def line(rows: int, number: int = 0) -> LogLine:
    return LogLine(timestamp=NOW + timedelta(seconds=number), level=20, message="\n".join(["x"] * rows))


def height(entry: LogLine) -> int:
    return entry.message.count("\n") + 1


def book_of(heights: list[int]) -> LogBook:
    book = LogBook(height)
    book.take(0, [line(rows, number) for number, rows in enumerate(heights)], len(heights))
    return book


HEIGHTS = st.lists(st.integers(1, 4), min_size=1, max_size=3 * PAGE // 2)


@given(HEIGHTS)
@settings(max_examples=40)
def test_each_row_is_where_counting_puts_it(heights: list[int]) -> None:
    book = book_of(heights)
    places = [(number, sub) for number, rows in enumerate(heights) for sub in range(rows)]
    assert book.rows == len(places)
    step = max(len(places) // 50, 1)
    for row in range(0, len(places), step):
        assert book.place_of(row) == places[row]
        assert book.row_of(places[row]) == row


@given(HEIGHTS, st.lists(st.integers(1, 90), min_size=1, max_size=20))
@settings(max_examples=40)
def test_lines_that_come_in_portions_make_the_same_book(heights: list[int], portions: list[int]) -> None:
    whole, lines = book_of(heights), [line(rows, number) for number, rows in enumerate(heights)]
    grown = LogBook(height)
    at, turn = 0, 0
    while at < len(lines):
        portion = lines[at : at + portions[turn % len(portions)]]
        grown.take(at, portion, at + len(portion))
        at, turn = at + len(portion), turn + 1
    assert grown.rows == whole.rows
    assert grown.loaded_end == len(heights)
    assert [grown.line(n) for n in range(0, len(heights), 17)] == [whole.line(n) for n in range(0, len(heights), 17)]


@given(st.integers(1, 6), st.data())
@settings(max_examples=40)
def test_pages_may_be_loaded_in_any_order(pages: int, data: st.DataObject) -> None:
    heights = data.draw(st.lists(st.integers(1, 3), min_size=pages * PAGE, max_size=pages * PAGE))
    lines = [line(rows, number) for number, rows in enumerate(heights)]
    book = LogBook(height)
    book.take(0, [], len(lines))
    for page in data.draw(st.permutations(range(pages))):
        missing = dict(book.missing(page * PAGE, page * PAGE + PAGE - 1))
        assert missing == {page * PAGE: PAGE}
        book.take(page * PAGE, lines[page * PAGE : (page + 1) * PAGE], len(lines))
    assert book.rows == sum(heights)
    assert not book.missing(0, len(lines) - 1)


def test_what_is_not_loaded_counts_one_row_a_line() -> None:
    book = LogBook(height)
    book.take(0, [], 10 * PAGE)
    assert book.rows == 10 * PAGE
    assert book.place_of(1234) == (1234, 0)
    assert book.line(1234) is None


def test_a_page_that_turns_out_taller_moves_only_what_is_below() -> None:
    book = LogBook(height)
    book.take(0, [], 4 * PAGE)
    above, below = book.row_of((PAGE - 1, 0)), book.row_of((3 * PAGE, 0))
    book.take(PAGE, [line(2)] * PAGE, 4 * PAGE)
    assert book.row_of((PAGE - 1, 0)) == above
    assert book.row_of((3 * PAGE, 0)) == below + PAGE


def test_an_end_that_begins_within_a_page_is_asked_for_from_the_page_s_beginning() -> None:
    book = LogBook(height)
    book.take(PAGE + 10, [line(1)] * 5, PAGE + 15)
    assert book.line(PAGE + 10) is None
    assert book.missing(PAGE, PAGE + 14) == [(PAGE, 15)]


def test_memory_is_bounded_and_heights_are_remembered() -> None:
    book = LogBook(height)
    total = 300 * PAGE
    for page in range(300):
        book.take(page * PAGE, [line(2)] * PAGE, total)
    assert book.line(0) is None
    assert book.line(total - 1) is not None
    assert book.rows == 2 * total


def test_other_heights_are_measured_again() -> None:
    book = book_of([1, 1, 1])
    book.measure_again(lambda _: 5)
    assert book.rows == 15
    assert book.place_of(7) == (1, 2)


def test_rows_beyond_the_ends_mean_the_first_and_the_last() -> None:
    book = book_of([1, 3])
    assert book.place_of(-5) == (0, 0)
    assert book.place_of(99) == (1, 2)
    assert LogBook(height).place_of(0) == (0, 0)
