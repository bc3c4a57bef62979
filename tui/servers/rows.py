"""The rows of the merged list: those that were read, and placeholders for those that follow."""

from collections.abc import Callable, Sequence
from typing import Final

from flowtui.tui.servers.merging import Merged, Row
from flowtui.tui.widgets.rows import Cell, gap_at, gap_id, is_gap

__all__ = ["MergedRows"]

_BLANK: Final[Cell] = [("·", "faint")]


class MergedRows:
    """`Rows` over a `Merged`; a run is turned into cells when its row is on the screen."""

    def __init__(
        self, merged: Merged, columns: int, paint: Callable[[Row], Sequence[Cell]], pulse: Callable[[Row], object]
    ) -> None:
        self._merged, self._columns, self._paint, self._pulse = merged, columns, paint, pulse
        self._places: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._merged.rows) + self._merged.gaps

    def row_id(self, index: int) -> str:
        rows = self._merged.rows
        return rows[index].id if index < len(rows) else gap_id(index)

    def index_of(self, row_id: str) -> int | None:
        if is_gap(row_id):
            index = gap_at(row_id)
            return index if len(self._merged.rows) <= index < len(self) else None
        if self._places is None:
            self._places = {row.id: index for index, row in enumerate(self._merged.rows)}
        return self._places.get(row_id)

    def get(self, row_id: str | None) -> Row | None:
        """The row with that id, if it was read."""
        index = None if row_id is None or is_gap(row_id) else self.index_of(row_id)
        return None if index is None else self._merged.rows[index]

    def cells(self, index: int) -> Sequence[Cell]:
        rows = self._merged.rows
        return self._paint(rows[index]) if index < len(rows) else [_BLANK] * self._columns

    def pulse(self, index: int) -> object:
        rows = self._merged.rows
        return self._pulse(rows[index]) if index < len(rows) else None
