"""The servers above their runs: a line for each while there is room, else chips side by side."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.drawing import repaint
from flowtui.tui.servers.server_cells import Face, chip_of, line_of
from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of

__all__ = ["ServersPane"]

_LINES: Final = ((40, 10), (30, 8), (20, 4), (0, 2))
"""How many servers have a line each on a screen so high; more are chips."""
_NAMES: Final = (8, 20)
_CHIP, _SMALL_CHIP, _WIDE = 34, 28, 72
"""Cells of a chip with the gap after it, at least: with its latency, and without on screens that are not wide."""


class ServersPane(Widget, can_focus=True, inherit_bindings=False):
    """The cursor is bound to a name, and is seen while the pane has the keyboard."""

    DEFAULT_CSS = "ServersPane { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "go there", id="servers.choose"),
        Binding("j,down", "move(1, 0)", "down", show=False, id="servers.down"),
        Binding("k,up", "move(-1, 0)", "up", show=False, id="servers.up"),
        Binding("h,left", "move(0, -1)", "left", show=False, id="servers.left"),
        Binding("l,right", "move(0, 1)", "right", show=False, id="servers.right"),
        Binding("t", "try_again", "try again", id="servers.try"),
    ]

    class Chosen(Message):
        """Enter was pressed on a server, or it was clicked twice."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class TryAgain(Message):
        """A server is to be asked at once."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.faces: tuple[Face, ...] = ()
        self._cursor = ""
        self._top = 0

    def show(self, faces: Sequence[Face]) -> None:
        """Show these, in their order."""
        faces = tuple(faces)
        if faces == self.faces:
            return
        taller = len(faces) != len(self.faces)
        self.faces = faces
        if taller:
            self.refresh(layout=True)
        else:
            repaint(self)

    @property
    def cursor(self) -> str:
        """The name of the server under the cursor."""
        names = [face.name for face in self.faces]
        return self._cursor if self._cursor in names else next(iter(names), "")

    # -- where each stands ------------------------------------------------------------------------------------------

    def _across(self, width: int) -> int:
        """How many stand side by side."""
        if len(self.faces) <= self._most_lines():
            return 1
        return max((width - 2) // (_CHIP if width >= _WIDE else _SMALL_CHIP), 1)

    def _most_lines(self) -> int:
        height = self.screen.size.height
        return next(most for least, most in _LINES if height >= least)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        rows = -(-len(self.faces) // self._across(width))
        return min(max(rows, 1), max(viewport.height // 4, 2))

    def _cells(self, y: int, width: int) -> list[Span]:
        across = self._across(width)
        first = (self._top + y) * across
        if across == 1 and len(self.faces) <= self._most_lines():
            if first >= len(self.faces):
                return []
            least, most = _NAMES
            names = min(max((len(face.name) for face in self.faces), default=least), most)
            return [self._mark(first), *line_of(self.faces[first], width - 2, max(names, least))]
        each = (width - 2) // across - 2
        spans: list[Span] = []
        for at in range(first, min(first + across, len(self.faces))):
            spans.extend([self._mark(at), *fit(chip_of(self.faces[at], each), each)])
        return spans

    def _mark(self, at: int) -> Span:
        """What stands before a server: the cursor's bar."""
        return ("▌ " if self.has_focus and self.faces[at].name == self.cursor else "  ", "accent")

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return strip_of(self._cells(y, width), palette_of(self), self.rich_style, width)

    # -- keys and mouse ---------------------------------------------------------------------------------------------

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        names = [face.name for face in self.faces]
        if not names:
            return
        across = self._across(self.size.width)
        at = names.index(self.cursor) + rows * across + columns
        at = min(max(at, 0), len(names) - 1)
        self._cursor = names[at]
        row = at // across
        self._top = min(max(self._top, row - self.size.height + 1), row)
        self.refresh()

    def action_choose(self) -> None:
        """Go to the server under the cursor."""
        if self.cursor:
            self.post_message(self.Chosen(self.cursor))

    def action_try_again(self) -> None:
        """Ask the server under the cursor at once."""
        if self.cursor:
            self.post_message(self.TryAgain(self.cursor))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        across = self._across(self.size.width)
        at = (self._top + event.y) * across + min(event.x * across // max(self.size.width, 1), across - 1)
        if at < len(self.faces):
            self._cursor = self.faces[at].name
            self.refresh()
            if event.chain == 2:
                self.action_choose()
