"""A view of a drawing: it scrolls in both directions, and a cursor goes from node to node with the arrow keys."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flowtui.tui.run.drawing import Box, Direction, Drawing, neighbour
from flowtui.tui.text import safe
from flowtui.tui.widgets.paint import Span, Spans, fit, palette_of, strip_of
from flowtui.tui.widgets.thin_bar import lay_thin

__all__ = ["CanvasView"]


class CanvasView(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a `Drawing`, and how each node looks. The cursor is bound to a node's id."""

    DEFAULT_CSS = "CanvasView { overflow: auto auto; background: $background; height: 1fr; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", id="canvas.open"),
        Binding("space", "turn", "open or close", show=False, id="canvas.turn"),
        Binding("up,k", "go('up')", "up", show=False, id="canvas.up"),
        Binding("down,j", "go('down')", "down", show=False, id="canvas.down"),
        Binding("left,h", "go('left')", "left", show=False, id="canvas.left"),
        Binding("right", "go('right')", "right", show=False, id="canvas.right"),
        Binding("g,home", "edge(0)", "first", show=False, id="canvas.first"),
        Binding("G,end", "edge(-1)", "last", show=False, id="canvas.last"),
    ]

    class Event(Message):
        """Something about the node with this id."""

        def __init__(self, node_id: str) -> None:
            super().__init__()
            self.node_id = node_id

    class NodeSelected(Event):
        """Enter was pressed on it, or it was clicked twice."""

    class NodeTurned(Event):
        """It is to be opened or closed."""

    class NodeHighlighted(Event):
        """The cursor came to it."""

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._drawing = Drawing()
        self._looks: Mapping[str, Spans] = {}
        self._cursor: str | None = None
        self._by_line: dict[int, list[Box]] = {}
        self._empty = empty

    @property
    def cursor_id(self) -> str | None:
        """The id of the node under the cursor; None when there is none."""
        return self._cursor

    @property
    def drawing(self) -> Drawing:
        """What is shown."""
        return self._drawing

    def show_drawing(self, drawing: Drawing, looks: Mapping[str, Spans], empty: str = "") -> None:
        """Show it; `looks` says how each box is painted, in as many cells as it has."""
        moved = drawing is not self._drawing
        self._empty = empty
        if not moved and looks == self._looks:
            return
        alone = len(self._drawing.boxes) == 1  # who had no choice has not chosen
        self._drawing, self._looks = drawing, looks
        if moved:
            self._by_line = {}
            for box in drawing.boxes.values():
                self._by_line.setdefault(box.y, []).append(box)
            for boxes in self._by_line.values():
                boxes.sort(key=lambda box: box.x)
            self.virtual_size = Size(drawing.width + 4, drawing.height)
        if self._cursor not in drawing.boxes or (moved and alone):
            self._set_cursor(next(iter(drawing.boxes), None))
        self.refresh()
        if moved:
            self.call_after_refresh(self._see)  # by then it is known which scrollbars it needs

    def move_to_id(self, node_id: str) -> None:
        """Put the cursor on a node, if it is there."""
        if node_id in self._drawing.boxes:
            self._set_cursor(node_id)

    # -- painting ---------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        lay_thin(self)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        left, top = self.scroll_offset
        if not self._drawing.boxes:
            words = [("  " + self._empty, "muted")] if y == 0 else []
            return strip_of(words, palette_of(self), self.rich_style, width)
        pad_x, pad_y = self._padding()
        strip = self._paint(y + top - pad_y, pad_x)
        return strip.crop_extend(left, left + width, self.rich_style)

    def _padding(self) -> tuple[int, int]:
        """What is smaller than the view stands in its middle."""
        region = self.scrollable_content_region
        x = max((region.width - self._drawing.width) // 2, 2)
        return x, max((region.height - self._drawing.height) // 2, 0)

    def _paint(self, line: int, pad: int) -> Strip:
        palette, base = palette_of(self), self.rich_style
        strokes, here = self._drawing.strokes.get(line, {}), self._cursor
        cells: list[tuple[str, str]] = [(" ", "")] * self._drawing.width
        for column, stroke in strokes.items():
            if column < len(cells):
                lit = here is not None and here in stroke.joins
                cells[column] = (stroke.glyph, "accent" if lit else "faint" if stroke.joins else "ghost")
        for start, text, node_id in self._drawing.names.get(line, ()):
            role = "strong" if node_id == here else "muted"
            for offset, glyph in enumerate(safe(text)):
                if 0 <= start + offset < len(cells):
                    cells[start + offset] = (glyph, role)
        pieces: list[Strip] = [strip_of([(" " * pad, "")], palette, base)]
        at = 0
        for box in self._by_line.get(line, ()):
            pieces.append(strip_of(_joined(cells[at : box.x]), palette, base))
            pieces.append(strip_of(self._box_spans(box), palette, base + self._box_style(box)))
            at = box.x + box.width
        pieces.append(strip_of(_joined(cells[at:]), palette, base))
        return Strip.join(pieces)

    def _box_spans(self, box: Box) -> list[Span]:
        return fit(self._looks.get(box.id, [("?", "faint")]), box.width)

    def _box_style(self, box: Box) -> Style:
        palette = palette_of(self)
        if box.id == self._cursor:
            return palette.style("on-marked" if self.has_focus else "on-cursor")
        return palette.style("on-bar") if box.width > 1 else Style.null()

    # -- the cursor ---------------------------------------------------------------------------------------------------

    def _set_cursor(self, node_id: str | None) -> None:
        if node_id == self._cursor:
            return
        self._cursor = node_id
        self.refresh()
        if node_id is not None:
            self._see()
            self.post_message(self.NodeHighlighted(node_id))

    def _see(self) -> None:
        """Bring the node under the cursor to the middle, when it is not in sight."""
        box = self._drawing.boxes.get(self._cursor or "")
        view, (left, top) = self.scrollable_content_region.size, self.scroll_offset
        if box is None or not view.area:
            return
        pad_x, pad_y = self._padding()
        x, y = box.x + pad_x, box.y + pad_y
        if not (left <= x and x + box.width <= left + view.width and top <= y < top + view.height):
            across, down = x + box.width // 2 - view.width // 2, y - view.height // 2
            self.scroll_to(max(across, 0), max(down, 0), animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        self._see()

    def action_go(self, direction: str) -> None:
        """Go to the nearest node in a direction."""
        found = neighbour(self._drawing.boxes, self._cursor or "", cast("Direction", direction))
        if found is not None:
            self._set_cursor(found)

    def action_edge(self, place: int) -> None:
        """Go to the first or the last node."""
        ids = list(self._drawing.boxes)
        if ids:
            self._set_cursor(ids[place])

    def action_select(self) -> None:
        """Open the node under the cursor."""
        if self._cursor is not None:
            self.post_message(self.NodeSelected(self._cursor))

    def action_turn(self) -> None:
        """Show what is within the node under the cursor, or hide it again."""
        if self._cursor is not None:
            self.post_message(self.NodeTurned(self._cursor))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        pad_x, pad_y = self._padding()
        x, y = event.x + self.scroll_offset.x - pad_x, event.y + self.scroll_offset.y - pad_y
        for box in self._by_line.get(y, ()):
            if box.x <= x < box.x + box.width:
                self._set_cursor(box.id)
                if event.chain == 2:
                    self.action_select()


def _joined(cells: Sequence[tuple[str, str]]) -> list[Span]:
    """Neighbours of one colour as one piece."""
    spans: list[Span] = []
    for text, role in cells:
        if spans and spans[-1][1] == role:
            spans[-1] = (spans[-1][0] + text, role)
        else:
            spans.append((text, role))
    return spans
