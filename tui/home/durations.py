"""How long runs took, as dots of an eighth of a cell: time to the right, duration upwards, by its logarithm. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from flowtui.engine.states import StateType

if TYPE_CHECKING:
    from flowtui.engine.overviews import DurationPoint
    from flowtui.tui.widgets.paint import Span

__all__ = ["Cloud", "cloud_of", "percentile"]

_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The dots of a braille sign: two columns of four, from the top."""
_BAD: Final = {StateType.CRASHED: (2, "crashed"), StateType.FAILED: (3, "failed")}
_LEAST: Final = 0.001


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points on a grid of cells. The longest is at the top, the shortest at the bottom."""

    width: int
    height: int
    low: float
    """Seconds at the bottom."""
    high: float
    cells: dict[tuple[int, int], tuple[int, str]]
    """Dots and role by column and row; row 0 is the top."""
    points: dict[tuple[int, int], tuple["DurationPoint", ...]]

    def row_of(self, seconds: float) -> int:
        """The row in which a duration lies."""
        return _level(seconds, self.low, self.high, self.height * 4) // 4

    def line(self, row: int, marks: Sequence[tuple[int, str, str]] = ()) -> list["Span"]:
        """One row. `marks` are (row, character, role) of lines drawn where there are no dots."""
        mark = next(((sign, role) for at, sign, role in marks if at == row), (" ", ""))
        spans: list[Span] = []
        for column in range(self.width):
            dots, role = self.cells.get((column, row), (0, ""))
            spans.append((chr(0x2800 + dots), role) if dots else mark)
        return spans

    def near(self, column: int, row: int) -> tuple["DurationPoint", ...]:
        """The points of a cell; of those around it when it is empty."""
        here = self.points.get((column, row), ())
        if here:
            return here
        around = [(column + dx, row + dy) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        return tuple(point for cell in around for point in self.points.get(cell, ()))

    def of_column(self, column: int) -> tuple["DurationPoint", ...]:
        """The points of all cells of a column."""
        return tuple(point for row in range(self.height) for point in self.points.get((column, row), ()))


def cloud_of(points: Sequence["DurationPoint"], since: datetime, until: datetime, width: int, height: int) -> Cloud:
    """Points on a grid of `width` × `height` cells; a cell with a failure has its colour."""
    seconds = [max(point.seconds, _LEAST) for point in points]
    low, high = min(seconds, default=_LEAST), max(seconds, default=1.0)
    if high < low * 4:  # all alike: in the middle, not spread over all the height
        low, high = low / 2, high * 2
    cells: dict[tuple[int, int], tuple[int, str]] = {}
    held: dict[tuple[int, int], list[DurationPoint]] = {}
    span = max((until - since).total_seconds(), 1.0)
    for point in points:
        x = int((point.start - since).total_seconds() / span * width * 2)
        if not 0 <= x < width * 2:
            continue
        y = _level(point.seconds, low, high, height * 4)
        cell = (x // 2, y // 4)
        dots, role = cells.get(cell, (0, "completed"))
        cells[cell] = (dots | _DOTS[x % 2][y % 4], _worse(role, point.state))
        held.setdefault(cell, []).append(point)
    return Cloud(width, height, low, high, cells, {cell: tuple(found) for cell, found in held.items()})


def _level(seconds: float, low: float, high: float, levels: int) -> int:
    part = math.log(max(seconds, _LEAST) / low) / math.log(high / low) if high > low else 0.5
    return min(max(round((1 - part) * (levels - 1)), 0), levels - 1)


def _worse(role: str, state: StateType) -> str:
    known = {"failed": 3, "crashed": 2}.get(role, 0)
    rank, own = _BAD.get(state, (0, "completed" if state is StateType.COMPLETED else "cancelled"))
    return own if rank > known else role


def percentile(seconds: Sequence[float], part: float) -> float | None:
    """The smallest of the values that `part` of them do not exceed; None without values."""
    ordered = sorted(seconds)
    return ordered[min(max(math.ceil(part * len(ordered)) - 1, 0), len(ordered) - 1)] if ordered else None
