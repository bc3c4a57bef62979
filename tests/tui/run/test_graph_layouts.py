"""Graphs drawn in layers and in rings: everything is placed, nothing overlaps, and lines lead where they should."""

import itertools
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.tui.run.drawing import Box, Drawing, neighbour
from flowtui.tui.run.layers import layered
from flowtui.tui.run.rings import MIDDLE, ringed
from flowtui.tui.run.wires import wired

Edges = Sequence[tuple[str, str]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]]]:
    """Any graph: a few circles, too, for a store may hold what no engine records."""
    nodes = [f"n{number}" for number in range(draw(st.integers(0, 14)))]
    if len(nodes) < 2:
        return nodes, []
    pairs = st.tuples(st.integers(0, len(nodes) - 1), st.integers(0, len(nodes) - 1))
    forwards = draw(st.lists(pairs.map(lambda pair: (min(pair), max(pair))), max_size=24))
    back = draw(st.lists(pairs, max_size=2))
    return nodes, [(nodes[a], nodes[b]) for a, b in (*forwards, *back)]


def overlaps(boxes: Sequence[Box]) -> list[tuple[Box, Box]]:
    return [
        (one, other)
        for one, other in itertools.combinations(boxes, 2)
        if one.y == other.y and one.x < other.x + other.width and other.x < one.x + one.width
    ]


def drawn(nodes: list[str], edges: Edges) -> Drawing:
    return wired(layered(nodes, edges), {node: 4 + len(node) for node in nodes})


@given(graphs())
def test_layers_hold_every_node_once_and_lead_from_left_to_right(graph: tuple[list[str], Edges]) -> None:
    nodes, edges = graph
    layers = layered(nodes, edges)
    placed = [item.id for layer in layers.layers for item in layer if not item.lane]
    assert sorted(placed) == sorted(nodes)
    for (source, target), way in layers.ways.items():
        assert layers.first[source] + len(way) - 1 == layers.first[target]
    lines = [[layers.lines[number, item] for item in layer] for number, layer in enumerate(layers.layers)]
    assert all(one < following for layer in lines for one, following in itertools.pairwise(layer))


@given(graphs())
def test_edges_are_left_out_only_where_there_is_a_circle(graph: tuple[list[str], Edges]) -> None:
    nodes, edges = graph
    forwards = {(a, b) for a, b in edges if nodes.index(a) < nodes.index(b)}
    assert set(layered(nodes, forwards).ways) == forwards
    assert set(layered(nodes, edges).ways) <= {(a, b) for a, b in edges if a != b}


@given(graphs())
def test_no_box_of_a_graph_overlaps_another_and_no_line_crosses_one(graph: tuple[list[str], Edges]) -> None:
    nodes, edges = graph
    drawing = drawn(nodes, edges)
    assert set(drawing.boxes) == set(nodes)
    assert overlaps(list(drawing.boxes.values())) == []
    for box in drawing.boxes.values():
        assert box.x >= 0 and box.x + box.width <= drawing.width and 0 <= box.y < drawing.height
        assert not set(range(box.x, box.x + box.width)) & set(drawing.strokes.get(box.y, {}))


@given(graphs())
def test_each_edge_is_one_line_from_its_source_to_its_target(graph: tuple[list[str], Edges]) -> None:
    nodes, edges = graph
    drawing = drawn(nodes, edges)
    for source, target in layered(nodes, edges).ways:
        mine = {
            (column, line)
            for line, cells in drawing.strokes.items()
            for column, stroke in cells.items()
            if {source, target} <= stroke.joins
        }
        start, end = drawing.boxes[source], drawing.boxes[target]
        reached, edge = set[tuple[int, int]](), [(start.x + start.width, start.y)]
        while edge:
            here = edge.pop()
            if here in mine and here not in reached:
                reached.add(here)
                edge.extend((here[0] + dx, here[1] + dy) for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)))
        assert (end.x - 1, end.y) in reached


def as_text(drawing: Drawing) -> list[str]:
    lines = [[" "] * drawing.width for _ in range(drawing.height)]
    for line, cells in drawing.strokes.items():
        for column, stroke in cells.items():
            lines[line][column] = stroke.glyph
    for box in drawing.boxes.values():
        lines[box.y][box.x : box.x + box.width] = box.id * box.width
    return ["".join(line).rstrip() for line in lines]


def test_a_graph_is_drawn_so_that_a_person_sees_it() -> None:
    nodes = list("abcdefg")
    edges = [tuple(edge) for edge in ("ab", "ac", "bd", "cd", "ad", "ef", "dg", "fg", "ag")]
    assert as_text(wired(layered(nodes, edges), dict.fromkeys(nodes, 3))) == [
        "    ╭─bbb─╮",
        "    │     │",
        "aaa─┼─ccc─┴┬─ddd─╮",
        "    │      │     │",
        "    ╰──────┴─────┴┬─ggg",
        "                  │",
        "eee───fff─────────╯",
    ]


@given(graphs(), st.integers(3, 90), st.integers(3, 40))
@settings(deadline=None)
def test_in_rings_every_node_has_a_cell_of_its_own(graph: tuple[list[str], Edges], width: int, height: int) -> None:
    nodes, edges = graph
    drawing = ringed(nodes, edges, {node: f"task {node}" for node in nodes}, width, height)
    assert set(drawing.boxes) == {MIDDLE, *nodes}
    cells = {(box.x, box.y) for box in drawing.boxes.values()}
    assert len(cells) == len(nodes) + 1
    assert all(0 <= x < drawing.width and 0 <= y < drawing.height for x, y in cells)
    for line, names in drawing.names.items():
        taken = [column for start, text, _ in names for column in range(start, start + len(text))]
        assert len(taken) == len(set(taken))
        assert not {(column, line) for column in taken} & cells


def test_what_depends_on_more_is_further_from_the_middle() -> None:
    nodes = [f"n{number}" for number in range(5)]
    drawing = ringed(nodes, list(itertools.pairwise(nodes)), {}, 80, 30)
    middle = drawing.boxes[MIDDLE]
    away = [((drawing.boxes[node].x - middle.x) / 2) ** 2 + (drawing.boxes[node].y - middle.y) ** 2 for node in nodes]
    assert away == sorted(away)


@given(graphs())
def test_from_every_node_every_other_can_be_reached_with_arrows(graph: tuple[list[str], Edges]) -> None:
    nodes, edges = graph
    boxes = drawn(nodes, edges).boxes
    if not boxes:
        assert neighbour(boxes, "", "up") is None
        return
    reached, edge = set[str](), [next(iter(boxes))]
    while edge:
        here = edge.pop()
        if here not in reached:
            reached.add(here)
            ways = (neighbour(boxes, here, direction) for direction in ("left", "right", "up", "down"))
            edge.extend(one for one in ways if one is not None)
    assert reached == set(nodes)
