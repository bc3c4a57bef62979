"""Columns of a table: which of them fit a width, and how wide each is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flowtui.tui.widgets.paint import Align

__all__ = ["Column", "Placed", "place_columns"]

_NAME: Final = 10
"""Cells in which most names can be told apart."""
_LEAST: Final = 4
"""Narrower than this a column says nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, its width in cells where there is room, and what it takes of the room left."""

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
    while len(kept) > 1 and _cramped(kept, room, gap):
        kept.remove([pair for pair in kept if pair[1].align == "right"][-1])
    widths = {index: column.width for index, column in kept}
    _share_out(kept, widths, room - need())
    _narrow(widths, need() - room)
    return tuple(Placed(index, column, widths[index]) for index, column in kept)


def _cramped(kept: list[tuple[int, Column]], room: int, gap: int) -> bool:
    """Whether names would have to be cut so short for the figures beside them that these had better go."""
    least = sum(min(column.width, _NAME) for _, column in kept) + gap * max(len(kept) - 1, 0)
    return least > room and any(column.align == "right" for _, column in kept)


def _narrow(widths: dict[int, int], over: int) -> None:
    """Where even what always stays has too little room, the widest column gives way, a cell at a time."""
    while over > 0 and widths:
        widest = max(widths, key=lambda index: (widths[index], index))
        if widths[widest] <= _LEAST:
            return
        widths[widest] -= 1
        over -= 1


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
