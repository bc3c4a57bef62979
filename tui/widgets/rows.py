"""Where a table's rows come from: by number, each with an id that stays when the numbers move."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from flowtui.engine.query_terms import ascii_lower
from flowtui.tui.widgets.columns import Placed
from flowtui.tui.widgets.paint import Spans

__all__ = ["Cell", "ItemRows", "Rows", "gap_at", "gap_id", "has_words", "is_gap", "read_around", "spans_of"]

Cell = str | Spans | Callable[[int], Spans]
"""A cell's text, coloured pieces of text, or a function that draws them for the column's width."""
T = TypeVar("T")

_GAP = "\0"


def gap_id(index: int) -> str:
    """The id of a row that is known to be there and has not been read."""
    return f"{_GAP}{index}"


def is_gap(row_id: str | None) -> bool:
    """Whether an id is one of a row that has not been read."""
    return row_id is not None and row_id.startswith(_GAP)


def gap_at(row_id: str) -> int:
    """Where the row of a `gap_id` stands."""
    return int(row_id[len(_GAP) :])


class Rows(Protocol):
    """What a `VirtualTable` shows. It asks only for the rows that are on the screen."""

    def __len__(self) -> int: ...

    def row_id(self, index: int) -> str:
        """The id of a row; no other row has it."""
        ...

    def index_of(self, row_id: str) -> int | None:
        """Where the row with that id stands now; None when it is gone."""
        ...

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column of the table."""
        ...

    def pulse(self, index: int) -> object:
        """What of a row changes with the time alone: it is equal to what it was for as long as the row looks the same.
        The cells themselves will do, but it is asked for each row on the screen each second."""
        ...


class ItemRows(Generic[T]):
    """Rows over a sequence of values; a value is turned into cells when its row is on the screen. Without a `pulse`
    the cells are what may change with the time."""

    def __init__(
        self,
        items: Sequence[T],
        key: Callable[[T], str],
        paint: Callable[[T], Sequence[Cell]],
        pulse: Callable[[T], object] | None = None,
    ) -> None:
        self.items = items
        self._key, self._paint, self._pulse = key, paint, pulse or paint
        self._places: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def row_id(self, index: int) -> str:
        return self._key(self.items[index])

    def index_of(self, row_id: str) -> int | None:
        if self._places is None:
            self._places = {self._key(item): index for index, item in enumerate(self.items)}
        return self._places.get(row_id)

    def get(self, row_id: str | None) -> T | None:
        """The value with that id."""
        index = None if row_id is None else self.index_of(row_id)
        return None if index is None else self.items[index]

    def cells(self, index: int) -> Sequence[Cell]:
        return self._paint(self.items[index])

    def pulse(self, index: int) -> object:
        return self._pulse(self.items[index])


def spans_of(cell: Cell, width: int) -> Spans:
    """A cell's coloured pieces of text, drawn for a width where it is drawn."""
    if isinstance(cell, str):
        return [(cell, "text")]
    return cell(width) if callable(cell) else cell


def has_words(rows: Rows, index: int, columns: Sequence[Placed], words: str) -> bool:
    """Whether one of these columns of a row has these letters, whatever their case."""
    wanted, cells = ascii_lower(words), rows.cells(index)
    texts = ("".join(text for text, _ in spans_of(cells[each.index], each.width)) for each in columns)
    return any(wanted in ascii_lower(text) for text in texts)


def read_around(rows: Rows, index: int, most: int) -> range:
    """The rows around one that were read, at most so many."""
    first = end = index
    while first > max(index - most // 2, 0) and not is_gap(rows.row_id(first - 1)):
        first -= 1
    while end < min(index + most // 2, len(rows)) and not is_gap(rows.row_id(end)):
        end += 1
    return range(first, end)
