"""A drawing of a graph in cells: boxes that one can stand on, and strokes between them. Pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Box", "Direction", "Drawing", "Stroke", "neighbour"]

Direction = Literal["left", "right", "up", "down"]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node stands: its left cell, its line, and how many cells it takes."""

    id: str
    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Stroke:
    """One cell of a line, and the nodes that the line joins: it lights up with them."""

    glyph: str
    joins: frozenset[str] = frozenset()
    """Empty for what is drawn for orientation only."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and strokes; `strokes` by line, then by column. Boxes lie over strokes."""

    width: int = 0
    height: int = 0
    boxes: Mapping[str, Box] = field(default_factory=dict)
    strokes: Mapping[int, Mapping[int, Stroke]] = field(default_factory=dict)
    names: Mapping[int, Sequence[tuple[int, str, str]]] = field(default_factory=dict)
    """Texts beside boxes, by line: column, text, and whose it is."""


def neighbour(boxes: Mapping[str, Box], here: str, direction: Direction) -> str | None:
    """The nearest box in that direction, where sideways counts more than ahead; None when there is none."""
    start = boxes.get(here)
    if start is None:
        return next(iter(boxes), None)
    best: tuple[float, int, int, str] | None = None
    for box in boxes.values():
        # Boxes of one column begin together. A cell is twice as high as it is wide.
        across, down = (box.x - start.x) / 2, float(box.y - start.y)
        ahead, aside = {
            "left": (-across, abs(down)),
            "right": (across, abs(down)),
            "up": (-down, abs(across)),
            "down": (down, abs(across)),
        }[direction]
        found = (ahead + 2 * aside, box.y, box.x, box.id)
        if ahead > 0 and (best is None or found < best):
            best = found
    return best[-1] if best is not None else None
