"""Layers as a drawing: boxes in columns, edges between them in box-drawing characters. Pure."""

import itertools
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from flowtui.tui.run.drawing import Box, Drawing, Stroke
from flowtui.tui.run.layers import Item, Layers

__all__ = ["wired"]

_LEFT, _RIGHT, _UP, _DOWN = 1, 2, 4, 8
_GLYPHS: Final = {
    _LEFT: "─",
    _RIGHT: "─",
    _LEFT | _RIGHT: "─",
    _UP: "│",
    _DOWN: "│",
    _UP | _DOWN: "│",
    _LEFT | _UP: "╯",
    _LEFT | _DOWN: "╮",
    _RIGHT | _UP: "╰",
    _RIGHT | _DOWN: "╭",
    _LEFT | _RIGHT | _UP: "┴",
    _LEFT | _RIGHT | _DOWN: "┬",
    _LEFT | _UP | _DOWN: "┤",
    _RIGHT | _UP | _DOWN: "├",
    _LEFT | _RIGHT | _UP | _DOWN: "┼",
}


def wired(layers: Layers, widths: Mapping[str, int]) -> Drawing:
    """The drawing, when each node takes so many cells. In the channel between two layers, each item whose edges change
    their line has an upright of its own; those that do not meet share a column."""
    column = 0
    boxes: dict[str, Box] = {}
    pen = _Pen()
    channels = [_channel(layers, number) for number in range(len(layers.layers))]
    starts: list[tuple[int, int]] = []
    for number, layer in enumerate(layers.layers):
        width = max((widths[item.id] for item in layer if not item.lane), default=0)
        for item in layer:
            if not item.lane:
                boxes[item.id] = Box(item.id, column, layers.lines[number, item], widths[item.id])
        room = max(channels[number].values(), default=-1) + 1
        starts.append((column, column + width))
        column += width + (room + 2 if number + 1 < len(layers.layers) else 0)
    starts.append((column, column))
    for (source, target), way in layers.ways.items():
        joins = frozenset((source, target))
        first = layers.first[source]
        for step, (one, following) in enumerate(itertools.pairwise(way)):
            number = first + step
            begin = starts[number][0] + (0 if one.lane else widths[one.id])
            turn = starts[number][1] + 1 + channels[number].get(one, 0)
            pen.bend(
                begin,
                layers.lines[number, one],
                turn,
                starts[number + 1][0],
                layers.lines[number + 1, following],
                joins,
            )
    height = max((line for line in layers.lines.values()), default=-1) + 1
    return Drawing(column, height, boxes, pen.strokes())


def _channel(layers: Layers, number: int) -> Mapping[Item, int]:
    """For each item of a layer whose edges bend: the column of its upright within the channel that follows."""
    spans: dict[Item, tuple[int, int]] = {}
    for (source, _), way in layers.ways.items():
        at = number - layers.first[source]
        if not 0 <= at < len(way) - 1:
            continue
        one, line, other = way[at], layers.lines[number, way[at]], layers.lines[number + 1, way[at + 1]]
        if line != other:
            low, high = spans.get(one, (line, line))
            spans[one] = (min(low, other), max(high, other))
    columns: list[list[tuple[int, int]]] = []
    found: dict[Item, int] = {}
    for one, (low, high) in sorted(spans.items(), key=lambda pair: pair[1]):
        free = next(
            (at for at, taken in enumerate(columns) if all(high < top or low > bottom for top, bottom in taken)), None
        )
        if free is None:
            free = len(columns)
            columns.append([])
        columns[free].append((low, high))
        found[one] = free
    return found


class _Pen:
    """Gathers which ways lines leave each cell, and whose lines they are."""

    def __init__(self) -> None:
        self._ways: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._joins: defaultdict[tuple[int, int], set[str]] = defaultdict(set)

    def bend(self, begin: int, line: int, turn: int, end: int, other: int, joins: frozenset[str]) -> None:
        """From `begin` on one line to the column `turn`, up or down to the other line, and on to before `end`."""
        if line == other:
            self._level(begin, end, line, joins)
            return
        self._level(begin, turn, line, joins)
        down = other > line
        self._mark(turn, line, _LEFT | (_DOWN if down else _UP), joins)
        for between in range(min(line, other) + 1, max(line, other)):
            self._mark(turn, between, _UP | _DOWN, joins)
        self._mark(turn, other, _RIGHT | (_UP if down else _DOWN), joins)
        self._level(turn + 1, end, other, joins)

    def _level(self, begin: int, end: int, line: int, joins: frozenset[str]) -> None:
        for column in range(begin, end):
            self._mark(column, line, _LEFT | _RIGHT, joins)

    def _mark(self, column: int, line: int, ways: int, joins: frozenset[str]) -> None:
        self._ways[line, column] |= ways
        self._joins[line, column] |= joins

    def strokes(self) -> Mapping[int, Mapping[int, Stroke]]:
        """All cells, by line and column."""
        found: defaultdict[int, dict[int, Stroke]] = defaultdict(dict)
        for (line, column), ways in self._ways.items():
            found[line][column] = Stroke(_GLYPHS[ways], frozenset(self._joins[line, column]))
        return found
