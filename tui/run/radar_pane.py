"""The radar of a run: its tasks in rings around the run, the further out the more they depend on."""

from collections.abc import Mapping

from flowtui.tui.formats import count
from flowtui.tui.looks import look_of
from flowtui.tui.run.drawing import Drawing
from flowtui.tui.run.graph_nodes import Graph, Node
from flowtui.tui.run.nodes_pane import NodesPane
from flowtui.tui.run.rings import MIDDLE, ringed
from flowtui.tui.run.seen import Seen, nothing
from flowtui.tui.run_cells import state_spans
from flowtui.tui.widgets.paint import Spans

__all__ = ["RadarPane", "make"]


class RadarPane(NodesPane):
    """Each task is the glyph of its state, with its name beside it where there is room."""

    def draw(self, graph: Graph, labels: Mapping[str, str], width: int, height: int) -> Drawing:
        # Two cells less than the view: the canvas leaves them free at its left.
        return ringed([node.id for node in graph.nodes], graph.edges, labels, width - 4, height)

    def paint(self, node: Node, label: str) -> Spans:
        return [(node.glyph, f"bold {node.role}")]

    def others(self, seen: Seen) -> Mapping[str, Spans]:
        look = look_of(seen.run.state)
        return {MIDDLE: [("◉", f"bold {look.role}")]}

    def about_others(self, seen: Seen) -> Spans:
        """The run, which is in the middle."""
        run, stats = seen.run, seen.run.stats
        tasks = f"   {count(stats.done)} of {count(stats.tasks)} tasks done" if stats.tasks else f"   {nothing(run)}"
        return [(run.name, "strong"), ("   ", ""), *state_spans(run.state), (tasks, "muted")]


make = RadarPane
