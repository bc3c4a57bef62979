"""Columns of a table: which of them fit a width, and how wide each is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowtui.tui.widgets.paint import Align

__all__ = ["Column", "Placed", "place_columns"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, its least width in cells, and what it takes of the room that is left."""

    title: str
    width: int
    share: int = 0
    """Parts of the room that is left; 0 keeps `width`."""
    most: int = 10_000
    """A flexible column grows no wider than this."""
    align: Align = "left"
    rank: int = 0
    """Columns with the highest rank are left out first when the width is short; those with 0 always stay."""
    calm: bool = False
    """It changes with the clock, so that a change is no news."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column that is shown: its number among all columns, and its width."""

    index: int
    column: Column
    width: int


def place_columns(columns: Sequence[Column], room: int, gap: int) -> tuple[Placed, ...]:
    """Which columns are shown in `room` cells with `gap` cells between them, and how wide each is."""
    kept = list(enumerate(columns))

    def need() -> int:
        return sum(column.width for _, column in kept) + gap * max(len(kept) - 1, 0)

    while need() > room and any(column.rank for _, column in kept):
        kept.remove(max(kept, key=lambda pair: (pair[1].rank, pair[0])))
    widths = {index: column.width for index, column in kept}
    _share_out(kept, widths, room - need())
    return tuple(Placed(index, column, widths[index]) for index, column in kept)


def _share_out(kept: list[tuple[int, Column]], widths: dict[int, int], left: int) -> None:
    """Give the room that is left to the flexible columns, a cell at a time to the one that is furthest behind."""
    growing = [(index, column) for index, column in kept if column.share]
    while left > 0 and growing:
        index, column = min(growing, key=lambda pair: (widths[pair[0]] - pair[1].width) / pair[1].share)
        if widths[index] >= column.most:
            growing.remove((index, column))
            continue
        widths[index] += 1
        left -= 1
