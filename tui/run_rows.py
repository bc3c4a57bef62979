"""The rows of a list of runs: those that were read, and placeholders for the others."""

from collections.abc import Callable, Sequence
from typing import Final

from flowtui.engine.model import FlowRun
from flowtui.tui.run_list import RunList
from flowtui.tui.widgets.rows import Cell, gap_at, gap_id, is_gap

__all__ = ["RunRows"]

_BLANK: Final[Cell] = [("·", "faint")]


class RunRows:
    """`Rows` over a `RunList`; a run is turned into cells when its row is on the screen."""

    def __init__(
        self,
        runs: RunList,
        columns: int,
        paint: Callable[[FlowRun], Sequence[Cell]],
        pulse: Callable[[FlowRun], object],
    ) -> None:
        self._list, self._columns, self._paint, self._pulse = runs, columns, paint, pulse
        self._places: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._list)

    def row_id(self, index: int) -> str:
        at = index - self._list.above
        return self._list.runs[at].id if 0 <= at < len(self._list.runs) else gap_id(index)

    def index_of(self, row_id: str) -> int | None:
        if is_gap(row_id):
            index = gap_at(row_id)
            return index if index < len(self) and is_gap(self.row_id(index)) else None
        if self._places is None:
            self._places = {run.id: index for index, run in enumerate(self._list.runs, self._list.above)}
        return self._places.get(row_id)

    def get(self, row_id: str | None) -> FlowRun | None:
        """The run with that id, if it was read."""
        index = None if row_id is None or is_gap(row_id) else self.index_of(row_id)
        return None if index is None else self._list.runs[index - self._list.above]

    def cells(self, index: int) -> Sequence[Cell]:
        at = index - self._list.above
        if not 0 <= at < len(self._list.runs):
            return [_BLANK] * self._columns
        return self._paint(self._list.runs[at])

    def pulse(self, index: int) -> object:
        at = index - self._list.above
        return self._pulse(self._list.runs[at]) if 0 <= at < len(self._list.runs) else None
