"""What the graph and the radar share: nodes with a cursor, what the one under it did, and opening it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from textual import on, work
from textual.message import Message
from textual.widget import Widget

from flowtui.engine.model import TaskRun
from flowtui.engine.states import StateType
from flowtui.tui.formats import count, duration, gist
from flowtui.tui.run.canvas import CanvasView
from flowtui.tui.run.drawing import Drawing
from flowtui.tui.run.graph_nodes import Graph, Node, graph_of
from flowtui.tui.run.outline import task_word
from flowtui.tui.run.panes import RunPane
from flowtui.tui.run.seen import Seen, nothing
from flowtui.tui.run_cells import state_spans
from flowtui.tui.text import safe
from flowtui.tui.widgets.lines import Lines
from flowtui.tui.widgets.paint import Span, Spans, clip, whole

__all__ = ["NodesPane", "label_of"]

_LONGEST: Final = 28
_BAD: Final = (StateType.FAILED, StateType.CRASHED)


class NodesPane(RunPane):
    """Subclasses say how nodes are laid out (`draw`) and painted (`paint`)."""

    DEFAULT_CSS = """
    NodesPane CanvasView { height: 1fr; }
    NodesPane Lines { height: 2; border-top: solid $rule; }
    NodesPane.-low Lines { display: none; }
    """

    class Turned(Message):
        """What is within a node is to be shown, or hidden again."""

        def __init__(self, node_id: str) -> None:
            super().__init__()
            self.node_id = node_id

    def __init__(self) -> None:
        super().__init__()
        self._seen: Seen | None = None
        self._graph = Graph()
        self._drawn: tuple[object, Drawing] = (None, Drawing())
        self._busy = self._stale = False

    def compose(self) -> Iterable[Widget]:
        yield CanvasView()
        yield Lines()

    @property
    def main(self) -> CanvasView:
        return self.query_one(CanvasView)

    @property
    def graph(self) -> Graph:
        """What is drawn."""
        return self._graph

    def draw(self, graph: Graph, labels: Mapping[str, str], width: int, height: int) -> Drawing:
        """Lay a graph out; called in a thread. `width` and `height` are those of the view."""
        raise NotImplementedError

    def paint(self, node: Node, label: str) -> Spans:
        """How a node looks in its box."""
        raise NotImplementedError

    def show_run(self, seen: Seen) -> None:
        self._seen = seen
        self._stale = True
        if not self._busy:
            self._busy = True
            self._draw_all()

    def on_resize(self) -> None:
        super().on_resize()
        if self._seen is not None:
            self.show_run(self._seen)

    @work(group="draw", exit_on_error=False)
    async def _draw_all(self) -> None:
        """Draw what was seen last, in a thread; what is seen meanwhile is drawn when that is done."""
        try:
            while self._stale and self._seen is not None:
                self._stale = False
                seen, view = self._seen, self.main
                size = view.scrollable_content_region.size
                graph = await asyncio.to_thread(graph_of, seen.branches, seen.opened, seen.outline.critical)
                labels = {node.id: label_of(node, seen) for node in graph.nodes}
                shape = (tuple(labels.items()), graph.edges, size)
                if shape != self._drawn[0]:
                    drawing = await asyncio.to_thread(self.draw, graph, labels, size.width, size.height)
                    self._drawn = (shape, drawing)
                self._graph = graph
                looks = {node.id: self.paint(node, labels[node.id]) for node in graph.nodes}
                view.show_drawing(self._drawn[1], {**looks, **self.others(seen)}, nothing(seen.run))
                self._tell()
        finally:
            self._busy = False

    def others(self, seen: Seen) -> Mapping[str, Spans]:
        """How boxes look that are no task's."""
        return {}

    def about_others(self, seen: Seen) -> Spans:
        """What is said below of a box that is no task's."""
        return []

    # -- the node under the cursor ------------------------------------------------------------------------------------

    @property
    def node(self) -> Node | None:
        """The node under the cursor."""
        here = self.main.cursor_id
        return next((node for node in self._graph.nodes if node.id == here), None)

    def tick(self, seen: Seen) -> None:
        self._seen = seen
        self._tell()

    @on(CanvasView.NodeHighlighted)
    def _tell(self) -> None:
        """Say below what the node under the cursor did."""
        node, seen = self.node, self._seen
        room = self.size.width - 2
        if seen is not None:
            self.query_one(Lines).show([_about(node, seen, room) if node is not None else self.about_others(seen)])

    @on(CanvasView.NodeSelected)
    def _selected(self, message: CanvasView.NodeSelected) -> None:
        message.stop()
        node = self.node
        if node is not None and len(node.members) == 1:
            self.post_message(self.TaskChosen(node.run_id, node.members[0]))
        elif node is not None:
            self.post_message(self.Turned(node.id))

    @on(CanvasView.NodeTurned)
    def _turned(self, message: CanvasView.NodeTurned) -> None:
        message.stop()
        if (node := self.node) is not None and node.opens:
            self.post_message(self.Turned(node.id))


def label_of(node: Node, seen: Seen) -> str:
    """Its name, whether something is within, and whether it made artifacts."""
    name = clip(safe(node.label), _LONGEST)
    fold = (" ▾" if node.open else " ▸") if node.opens else ""
    made = sum(seen.makers.get(member, 0) for member in node.members)
    return f"{name}{fold}{' ◆' if made else ''}"


def _about(node: Node, seen: Seen, room: int) -> list[Span]:
    """What a node did; what came of it last, because that may be long."""
    tasks = [task for member in node.members if (task := seen.branches.task(node.run_id, member)) is not None]
    if len(tasks) != 1:
        return _about_calls(tasks) if tasks else [(node.label, "strong")]
    task = tasks[0]
    head: list[Span] = [(task.name, "strong"), ("   ", ""), *state_spans(task.state)]
    figures = _took(task, seen)
    made = seen.makers.get(task.id, 0)
    if made:
        figures.append((f"   ◆ {count(made)} {'artifact' if made == 1 else 'artifacts'}", "accent"))
    spans = whole([head, *([figure] for figure in figures)], room)
    if task.state.message and not task.state.is_completed():
        spans.append((f"   {gist(task.state.message)}", "text"))
    elif task.result is not None:
        spans.append((f"   → {task.result[:200]}", "muted"))
    return spans


def _about_calls(tasks: Sequence[TaskRun]) -> list[Span]:
    """All calls of a task, also those that are drawn by themselves."""
    done = sum(task.state.is_final() for task in tasks)
    bad = sum(task.state.type in _BAD for task in tasks)
    spans: list[Span] = [(task_word(tasks[0].task_key), "strong")]
    spans.append((f"   {count(done)} of {count(len(tasks))} done", "muted"))
    return [*spans, (f"   {count(bad)} failed", "failed")] if bad else spans


def _took(task: TaskRun, seen: Seen) -> list[Span]:
    elapsed, usual = task.elapsed(seen.now), seen.branches.usual.get(task.task_key)
    spans: list[Span] = [(f"   {duration(elapsed)}", "text")] if elapsed is not None else []
    if usual is not None:
        spans.append((f"   usual {duration(usual.p50)}", "faint"))
    if task.run_count > 1:
        spans.append((f"   ↻ {task.run_count - 1}", "late"))
    return spans
