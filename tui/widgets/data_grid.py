"""A table of data of any shape: as many rows and columns as it has, scrolled in both directions."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["DataGrid"]

_WIDEST: Final = 40
_MEASURED: Final = 500
"""Rows that are looked at to find how wide a column is."""


class DataGrid(VirtualTable):
    """Values as they are; numbers at the right. `←` and `→` move by a column."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", show=False),
        Binding("right", "shift(1)", "next column", show=False, id="data.right"),
        Binding("left", "shift(-1)", "previous column", show=False, id="data.left"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__([Column("", 10)], markable=False, quiet=True, empty="The table has no rows.", id=id)
        self._all: Sequence[Column] = ()
        self._data: Sequence[Sequence[Any]] = ()
        self._first = 0

    def show_table(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Show other data, from its first column on; the same columns stay where they were."""
        columns = [_column(name, number, rows) for number, name in enumerate(names)]
        if [column.title for column in columns] != [column.title for column in self._all]:
            self._first = 0
        self._all, self._data = columns, rows
        self._lay_out()

    def _lay_out(self) -> None:
        shown = self._all[self._first :]
        ranked = [
            Column(column.title, column.width, align=column.align, rank=number)  # the last ones go first
            for number, column in enumerate(shown)
        ]
        self._columns, self._placed = tuple(ranked) or (Column("", 10),), (-1, ())
        numbered = list(enumerate(self._data))
        self.show(ItemRows(numbered, lambda pair: str(pair[0]), lambda pair: self._cells(pair[1])))

    def _cells(self, row: Sequence[Any]) -> list[Cell]:
        texts = [[(_text(value), "text")] for value in row]
        return [*texts[self._first :], *([""] * max(len(self._all) - len(row), 0))]

    def action_shift(self, by: int) -> None:
        """Begin with another column."""
        first = min(max(self._first + by, 0), max(len(self._all) - 1, 0))
        if first != self._first:
            self._first = first
            self._lay_out()


def _column(name: str, number: int, rows: Sequence[Sequence[Any]]) -> Column:
    values = [row[number] for row in rows[:_MEASURED] if number < len(row)]
    width = max([cell_len(safe(name)), *(cell_len(safe(_text(value))) for value in values)], default=1)
    numbers = bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return Column(safe(name), min(max(width, 3), _WIDEST), align="right" if numbers else "left")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\n", " ")
    return "" if value is None else json.dumps(value, ensure_ascii=False)
