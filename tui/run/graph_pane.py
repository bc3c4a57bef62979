"""The graph of a run: its tasks in layers, from what was first to what came of it."""

from collections.abc import Mapping

from rich.cells import cell_len

from flowtui.tui.run.drawing import Drawing
from flowtui.tui.run.graph_nodes import Graph, Node
from flowtui.tui.run.layers import layered
from flowtui.tui.run.nodes_pane import NodesPane
from flowtui.tui.run.wires import wired
from flowtui.tui.widgets.paint import Spans

__all__ = ["GraphPane", "make"]


class GraphPane(NodesPane):
    """Boxes with names; the critical path is bold."""

    def draw(self, graph: Graph, labels: Mapping[str, str], width: int, height: int) -> Drawing:
        widths = {node.id: cell_len(labels[node.id]) + 4 for node in graph.nodes}
        return wired(layered([node.id for node in graph.nodes], graph.edges), widths)

    def paint(self, node: Node, label: str) -> Spans:
        return [(" ", ""), (node.glyph, node.role), (f" {label} ", "bold strong" if node.critical else "text")]


make = GraphPane
