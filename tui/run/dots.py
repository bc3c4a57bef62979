"""Lines and rings in Braille dots, two by four to a cell. Pure."""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from flowtui.tui.run.drawing import Stroke

__all__ = ["Dots"]

_BITS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Of the dot in a line of a cell, at the left and at the right."""


class Dots:
    """A canvas of `width` × `height` cells; coordinates are in dots, from the upper left."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._bits: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._joins: defaultdict[tuple[int, int], set[str]] = defaultdict(set)

    def dot(self, x: float, y: float, joins: frozenset[str] = frozenset()) -> None:
        """One dot, if it lies on the canvas."""
        column, left = divmod(round(x), 2)
        line, down = divmod(round(y), 4)
        if 0 <= column < self._width and 0 <= line < self._height:
            self._bits[line, column] |= _BITS[down][left]
            self._joins[line, column] |= joins

    def line(self, x: float, y: float, to_x: float, to_y: float, joins: frozenset[str]) -> None:
        """A straight line."""
        steps = max(math.ceil(abs(to_x - x)), math.ceil(abs(to_y - y)), 1)
        for step in range(steps + 1):
            part = step / steps
            self.dot(x + (to_x - x) * part, y + (to_y - y) * part, joins)

    def ring(self, x: float, y: float, radius: float) -> None:
        """A circle. Dots are as far from one another in both directions."""
        steps = max(round(radius * 2.2), 8)
        for step in range(steps):
            angle = math.tau * step / steps
            self.dot(x + radius * math.cos(angle), y + radius * math.sin(angle))

    def strokes(self) -> Mapping[int, Mapping[int, Stroke]]:
        """All cells that have a dot, by line and column."""
        found: defaultdict[int, dict[int, Stroke]] = defaultdict(dict)
        for (line, column), bits in self._bits.items():
            found[line][column] = Stroke(chr(0x2800 + bits), frozenset(self._joins[line, column]))
        return found
