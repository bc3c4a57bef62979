"""How a line of a table looks: its titles, a row, or that there is none. What is drawn can be compared before it is
painted, because most of what could have changed has not. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final, NamedTuple

from rich.style import Style
from textual.strip import Strip

from flowtui.tui.themes import Palette
from flowtui.tui.widgets.columns import Placed
from flowtui.tui.widgets.paint import Span, Spans, fit, highlighted, strip_of, style_of
from flowtui.tui.widgets.rows import Cell, spans_of

__all__ = ["GAP", "GUTTER", "Brush", "Drawn", "Manner", "pill_of"]

GAP: Final = 2
"""Cells between two columns."""
GUTTER: Final = 2
"""Cells at the left: the cursor's bar, and the mark."""


class Drawn(NamedTuple):
    """A line before it is painted."""

    spans: list[Span]
    base: Style


class Manner(NamedTuple):
    """What a row has beside its cells. `cursor` is the role of the cursor's background on it, `lit` the numbers of the
    columns that are lit because they have changed."""

    cursor: str = ""
    bar: bool = False
    marked: bool = False
    lit: Collection[int] = ()


def pill_of(new: int) -> str:
    """What says how many rows came in above."""
    return f" ▲ {new} new "


@dataclass(frozen=True, slots=True)
class Brush:
    """What all lines of a table have in common at a time; `words` are lit wherever they stand."""

    palette: Palette
    base: Style
    width: int
    columns: tuple[Placed, ...]
    words: str = ""

    def row(self, cells: Sequence[Cell], manner: Manner) -> Drawn:
        """A row, which has a cell for each column, shown or not."""
        base = self.base
        if manner.marked:
            base += self.palette.style("on-marked")
        if manner.cursor:
            base += self.palette.style(manner.cursor)
        spans: list[Span] = [("▌" if manner.bar else " ", "accent"), ("•" if manner.marked else " ", "accent")]
        for placed in self.columns:
            spans.extend(self._cell(cells[placed.index], placed, lit=placed.index in manner.lit))
            spans.append((" " * GAP, ""))
        return Drawn(spans, base)

    def _cell(self, cell: Cell, placed: Placed, *, lit: bool) -> list[Span]:
        spans = fit(spans_of(cell, placed.width), placed.width, placed.column.align)
        if self.words:
            spans = highlighted(spans, self.words, self.palette)
        if lit:
            flash = self.palette.style("on-flash")
            spans = [(text, style_of(style, self.palette) + flash) for text, style in spans]
        return spans

    def titles(self, drawn: Mapping[int, Spans], ordered: tuple[int, bool] | None, new: int) -> Strip:
        """The line of titles; those in `drawn`, by their columns' numbers, look otherwise. `ordered` is the column
        that the rows are sorted by, and whether descending; `new` is how many rows came in above."""
        spans: list[Span] = [(" " * GUTTER, "")]
        for placed in self.columns:
            title: Spans = drawn.get(placed.index) or [(placed.column.title, "faint")]
            inside, behind = _arrow(placed, ordered)
            spans.extend([*fit([*title, *inside], placed.width, placed.column.align), *behind])
        strip = self.strip(Drawn(spans, self.base))
        if not new:
            return strip
        pill = pill_of(new)
        end = strip_of([(pill, "bold base on-accent"), (" ", "")], self.palette, self.base)
        return Strip.join([strip.crop(0, self.width - len(pill) - 1), end])

    def broken(self, text: str) -> list[str]:
        """A sentence on as many lines as it takes."""
        room = max(self.width - GUTTER - 1, 10)
        return [line for part in text.split("\n") for line in wrap(part, room) or [""]]

    def nothing(self, text: str) -> Strip:
        """A line without a row, which may say why there is none."""
        if not text:
            return Strip.blank(self.width, self.base)
        return self.strip(Drawn([(" " * GUTTER + text, "muted")], self.base))

    def strip(self, drawn: Drawn) -> Strip:
        """The line as it is painted."""
        return strip_of(drawn.spans, self.palette, drawn.base, self.width)


def _arrow(placed: Placed, ordered: tuple[int, bool] | None) -> tuple[Spans, Spans]:
    """What stands behind a title, within its column and in the gap. The arrow of the column that the rows are sorted by
    is right behind its title."""
    if ordered is None or ordered[0] != placed.index:
        return [], [(" " * GAP, "")]
    arrow = "▼" if ordered[1] else "▲"
    if placed.column.align == "left" and len(placed.column.title) < placed.width:
        return [(arrow, "accent")], [(" " * GAP, "")]
    return [], [(arrow, "accent"), (" " * (GAP - 1), "")]
