"""A graph laid out in layers from left to right, each node one layer after the last that it depends on. Pure.

The usual three steps: layers by the longest way, an order within each that crosses few edges, and lines such that edges
run straight. An edge over several layers goes through a lane of its own in those between.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flowtui.tui.run.dependencies import in_order

__all__ = ["Item", "Layers", "layered"]

_SWEEPS: Final = 4
_ROOMY: Final = 16
"""While no layer has more items, a line is left free between two of them."""


@dataclass(frozen=True, slots=True)
class Item:
    """A node, or (with `lane`) where the edges of a node pass through a layer."""

    id: str
    lane: bool = False


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers from left to right, the line of each item, and each edge as the items that it goes through."""

    layers: tuple[tuple[Item, ...], ...]
    lines: Mapping[tuple[int, Item], int]
    ways: Mapping[tuple[str, str], tuple[Item, ...]]
    first: Mapping[str, int]
    """In which layer each node is."""


def layered(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> Layers:
    """Edges of a circle are left out one by one; all nodes are placed, each once."""
    upstream: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        if source in upstream and target in upstream and source != target:
            upstream[target].append(source)
    ordered = in_order(upstream)
    place = {node: number for number, node in enumerate(ordered)}
    depth: dict[str, int] = {}
    kept: list[tuple[str, str]] = []
    for node in ordered:
        before = [one for one in dict.fromkeys(upstream[node]) if place[one] < place[node]]
        depth[node] = max((depth[one] + 1 for one in before), default=0)
        kept.extend((one, node) for one in before)
    layers, ways = _with_lanes(nodes, kept, depth)
    _untangle(layers, ways)
    lines = _lines(layers, ways)
    return Layers(tuple(map(tuple, layers)), lines, ways, depth)


def _with_lanes(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], depth: Mapping[str, int]
) -> tuple[list[list[Item]], dict[tuple[str, str], tuple[Item, ...]]]:
    """The items of each layer. All long edges of one node share a lane in each layer that they pass."""
    layers: list[list[Item]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        layers[depth[node]].append(Item(node))
    ways: dict[tuple[str, str], tuple[Item, ...]] = {}
    for source, target in edges:
        lane = Item(source, lane=True)
        between = range(depth[source] + 1, depth[target])
        for number in between:
            if lane not in layers[number]:
                layers[number].append(lane)
        ways[source, target] = (Item(source), *(lane for _ in between), Item(target))
    return layers, ways


Hops = tuple[defaultdict[tuple[int, Item], list[Item]], defaultdict[tuple[int, Item], list[Item]]]


def _hops(layers: Sequence[Sequence[Item]], ways: Mapping[tuple[str, str], tuple[Item, ...]]) -> Hops:
    """What each item is joined to in the layer before, and in the one after."""
    start = {item: number for number, layer in enumerate(layers) for item in layer if not item.lane}
    before: defaultdict[tuple[int, Item], list[Item]] = defaultdict(list)
    after: defaultdict[tuple[int, Item], list[Item]] = defaultdict(list)
    for way in ways.values():
        first = start[way[0]]
        for number, (one, following) in enumerate(itertools.pairwise(way)):
            if following not in after[first + number, one]:
                after[first + number, one].append(following)
                before[first + number + 1, following].append(one)
    return before, after


def _untangle(layers: list[list[Item]], ways: Mapping[tuple[str, str], tuple[Item, ...]]) -> None:
    """Order each layer by the mean place of what its items are joined to, to and fro."""
    before, after = _hops(layers, ways)
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        numbers = range(1, len(layers)) if forwards else range(len(layers) - 2, -1, -1)
        for number in numbers:
            joined, other = (before, number - 1) if forwards else (after, number + 1)
            places = {item: place for place, item in enumerate(layers[other])}
            means = {}
            for place, item in enumerate(layers[number]):
                found = [places[one] for one in joined[number, item]]
                means[item] = sum(found) / len(found) if found else float(place)
            layers[number].sort(key=means.__getitem__)


def _lines(
    layers: Sequence[Sequence[Item]], ways: Mapping[tuple[str, str], tuple[Item, ...]]
) -> dict[tuple[int, Item], int]:
    """A line for each item: as near as possible to what it is joined to, in the order of its layer, none twice."""
    before, after = _hops(layers, ways)
    gap = 2 if max((len(layer) for layer in layers), default=0) <= _ROOMY else 1
    lines: dict[tuple[int, Item], int] = {}
    for number, layer in enumerate(layers):
        lines.update({(number, item): place * gap for place, item in enumerate(layer)})
    for joined, step in ((before, -1), (after, 1), (before, -1)):
        numbers = range(len(layers)) if step < 0 else range(len(layers) - 1, -1, -1)
        for number in numbers:
            layer = layers[number]
            wanted = []
            for item in layer:
                found = [lines[number + step, one] for one in joined[number, item]]
                wanted.append(sum(found) / len(found) if found else float(lines[number, item]))
            for item, line in zip(layer, _apart(wanted, gap), strict=True):
                lines[number, item] = line
    lowest = min(lines.values(), default=0)
    return {key: line - lowest for key, line in lines.items()}


def _apart(wanted: Sequence[float], gap: int) -> list[int]:
    """Whole lines at least `gap` apart, in order, as near to the wanted ones as least squares has it: neighbours that
    come too close are pooled around their mean."""
    pools: list[tuple[float, int]] = []
    for place, line in enumerate(wanted):
        pools.append((line - place * gap, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, size), (other, more) = pools[-2], pools[-1]
            pools[-2:] = [((mean * size + other * more) / (size + more), size + more)]
    flat = [mean for mean, size in pools for _ in range(size)]
    return [round(mean) + place * gap for place, mean in enumerate(flat)]
