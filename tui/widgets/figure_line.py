"""A line of figures, each of them a filter: by the mouse, or by ← → and enter."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.home.figures import Figure
from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of

__all__ = ["FigureLine"]

_GAP = 3


class FigureLine(Widget, can_focus=True):
    """Posts `Chosen` with the query of a figure."""

    DEFAULT_CSS = "FigureLine { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "previous", show=False),
        Binding("right,l", "move(1)", "next", show=False),
        Binding("enter", "choose", "its runs", id="figures.choose"),
    ]

    class Chosen(Message):
        """The runs that a figure counts are to be shown."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._title = title
        self._figures: tuple[Figure, ...] = ()
        self._at = 0

    def show(self, title: str, figures: tuple[Figure, ...]) -> None:
        """Other figures; the same one stays chosen."""
        if (title, figures) != (self._title, self._figures):
            self._title, self._figures = title, figures
            self._at = min(self._at, max(len(figures) - 1, 0))
            self.refresh()

    def _placed(self, width: int) -> list[tuple[int, int]]:
        """Where each figure begins and ends; those at the right go first when there is no room."""
        places, x = [], 2 + len(self._title)
        right = [figure for figure in self._figures if figure.right]
        for figure in self._figures:
            if figure.right:
                continue
            x += _GAP
            places.append((x, x + width_of(figure.spans)))
            x = places[-1][1]
        start = width - 2 - sum(width_of(figure.spans) + _GAP for figure in right) + _GAP
        for figure in right:
            fits = start >= x + _GAP
            places.append((start, start + width_of(figure.spans)) if fits else (width, width))
            start += width_of(figure.spans) + _GAP
        return places

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        spans: list[Span] = [("  ", ""), (self._title, "muted")]
        x = 2 + len(self._title)
        for number, (figure, (start, end)) in enumerate(zip(self._figures, self._placed(width), strict=True)):
            if end > width or start >= width:
                continue
            spans.append((" " * (start - x), ""))
            on = " underline on-cursor" if self.has_focus and number == self._at else ""
            spans.extend((text, f"{role}{on}") for text, role in figure.spans)
            x = end
        return strip_of(spans, palette_of(self), self.rich_style, width)

    def action_move(self, by: int) -> None:
        """Go to the figure beside it."""
        if self._figures:
            self._at = (self._at + by) % len(self._figures)
            self.refresh()

    def action_choose(self) -> None:
        """Show the runs that the figure counts."""
        if self._figures:
            self.post_message(self.Chosen(self._figures[self._at].query))

    def on_click(self, event: events.Click) -> None:
        for number, (start, end) in enumerate(self._placed(self.size.width)):
            if start <= event.x < end:
                self._at = number
                self.action_choose()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
