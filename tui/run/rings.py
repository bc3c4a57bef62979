"""A graph laid out in rings: what depends on nothing is nearest to the middle, what comes of it further out. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from flowtui.tui.run.dots import Dots
from flowtui.tui.run.drawing import Box, Drawing
from flowtui.tui.run.layers import layered

__all__ = ["MIDDLE", "ringed"]

MIDDLE: Final = ""
"""The id of the box in the middle: the run itself."""
_START: Final = -math.pi / 2
"""The first node of a ring stands above the middle."""
_MARGIN: Final = 1
_APART: Final = 1.5
"""Lines from one ring to the next, at least."""


def ringed(
    nodes: Sequence[str], edges: Iterable[tuple[str, str]], labels: Mapping[str, str], width: int, height: int
) -> Drawing:
    """The drawing in `width` × `height` cells, or more where the nodes need it: each stands in a cell of its own. Names
    stand beside nodes where there is room for them."""
    kept = list(edges)
    depth = layered(nodes, kept).first
    rings: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        rings[depth[node]].append(node)
    width, height = max(width, 3), max(height, 3)
    radius = max(min((height - 1) / 2, (width - 1) / 4) - _MARGIN, _needed(rings))
    width, height = max(width, math.ceil(radius * 4) + 3), max(height, math.ceil(radius * 2) + 3)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    angles = _angles(rings, kept)
    boxes = {MIDDLE: Box(MIDDLE, round(middle_x), round(middle_y), 1)}
    taken = {(boxes[MIDDLE].x, boxes[MIDDLE].y)}
    for number, ring in enumerate(rings):
        away = radius * (number + 1) / len(rings)
        for node in ring:
            x = middle_x + 2 * away * math.cos(angles[node])
            y = middle_y + away * math.sin(angles[node])
            cell = _free(round(x), round(y), taken, width, height)
            taken.add(cell)
            boxes[node] = Box(node, *cell, 1)
    dots = Dots(width, height)
    for number in range(len(rings)):
        dots.ring(middle_x * 2 + 0.5, middle_y * 4 + 1.5, 4 * radius * (number + 1) / len(rings))
    roots = [(MIDDLE, node) for node in (rings[0] if rings else [])]
    for source, target in (*roots, *kept):
        if source in boxes and target in boxes:
            one, other = boxes[source], boxes[target]
            joins = frozenset((source, target))
            dots.line(one.x * 2 + 0.5, one.y * 4 + 1.5, other.x * 2 + 0.5, other.y * 4 + 1.5, joins)
    names = _names(boxes, labels, taken, width)
    boxes[MIDDLE] = boxes.pop(MIDDLE)  # the last to be gone to: the cursor begins on a task
    return Drawing(width, height, boxes, dots.strokes(), names)


def _needed(rings: Sequence[Sequence[str]]) -> float:
    """The least radius, in lines, at which the nodes of each ring have two cells each, and rings stand apart."""
    around = (len(ring) * len(rings) / (number + 1) / math.tau for number, ring in enumerate(rings))
    return max(_APART * len(rings), max(around, default=0.0))


def _angles(rings: Sequence[Sequence[str]], edges: Sequence[tuple[str, str]]) -> Mapping[str, float]:
    """Evenly around each ring, in the order of what the nodes depend on; a ring is turned so that they are near it."""
    upstream: defaultdict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        upstream[target].append(source)
    angles: dict[str, float] = {}
    for ring in rings:
        wanted = {node: _mean([angles[one] for one in upstream[node] if one in angles]) for node in ring}
        ordered = sorted(ring, key=lambda node: (wanted[node] - _START) % math.tau)
        step = math.tau / max(len(ordered), 1)
        turns = [wanted[node] - (_START + step * number) for number, node in enumerate(ordered)]
        turn = _mean(turns) if any(upstream[node] for node in ring) else 0.0
        for number, node in enumerate(ordered):
            angles[node] = _START + turn + step * number
    return angles


def _mean(angles: Sequence[float]) -> float:
    """The mean direction; `_START` when there is none."""
    x, y = sum(map(math.cos, angles)), sum(map(math.sin, angles))
    return math.atan2(y, x) if abs(x) + abs(y) > 1e-9 else _START


def _free(x: int, y: int, taken: set[tuple[int, int]], width: int, height: int) -> tuple[int, int]:
    """The nearest cell on the canvas that nobody stands on."""
    for away in range(max(width, height) + 1):
        around = [
            (x + dx, y + dy)
            for dy in range(-away, away + 1)
            for dx in range(-2 * away, 2 * away + 1)
            if max(math.ceil(abs(dx) / 2), abs(dy)) == away
        ]
        free = [cell for cell in around if cell not in taken and 0 <= cell[0] < width and 0 <= cell[1] < height]
        if free:
            return min(free, key=lambda cell: ((cell[0] - x) ** 2 / 4 + (cell[1] - y) ** 2, cell))
    raise AssertionError("The canvas is made large enough for all nodes.")


def _names(
    boxes: Mapping[str, Box], labels: Mapping[str, str], taken: Iterable[tuple[int, int]], width: int
) -> Mapping[int, Sequence[tuple[int, str, str]]]:
    """Names at the right of their nodes, or at the left, where they cover neither a node nor another name."""
    full = set(taken)
    found: defaultdict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for box in boxes.values():
        text = labels.get(box.id, "")
        if not text:
            continue
        for start in (box.x + 2, box.x - 1 - len(text)):
            cells = {(column, box.y) for column in range(start - 1, start + len(text) + 1)} - {(box.x, box.y)}
            if start >= 0 and start + len(text) <= width and not cells & full:
                full |= cells
                found[box.y].append((start, text, box.id))
                break
    return found
