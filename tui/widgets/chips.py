"""The terms of a filter as chips: a click takes one away, and one of them may be chosen by keys."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of

__all__ = ["Chips"]


class Chips(Widget):
    """Paints terms; `note` stands at the right when there is room."""

    DEFAULT_CSS = "Chips { height: 1; width: 1fr; }"

    class Removed(Message):
        """The cross of a term was clicked."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    class Opened(Message):
        """The line was clicked beside the chips."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self._terms: tuple[str, ...] = ()
        self._note: tuple[Span, ...] = ()
        self._chosen: int | None = None
        self._zones: list[tuple[int, int, int]] = []

    def show(self, terms: Sequence[str], note: tuple[Span, ...], chosen: int | None = None) -> None:
        """Show terms, one of them chosen."""
        if (tuple(terms), note, chosen) != (self._terms, self._note, self._chosen):
            self._terms, self._note, self._chosen = tuple(terms), note, chosen
            self.refresh()

    def cells(self) -> int:
        """Cells that the chips take."""
        return 2 + sum(width_of(self._chip(at)) for at in range(len(self._terms)))

    def _chip(self, at: int) -> list[Span]:
        ground = "on-marked" if at == self._chosen else "on-cursor"
        return [(f" {self._terms[at]} ", f"strong {ground}"), ("× ", f"muted {ground}"), (" ", "")]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        spans: list[Span] = [("  ", "")]
        self._zones, x = [], 2
        first = self._first(width)
        if first:
            spans, x = [("‹ ", "muted")], 2
        for at in range(first, len(self._terms)):
            chip = self._chip(at)
            cells = width_of(chip)
            self._zones.append((x, x + cells - 1, at))
            spans.extend(chip)
            x += cells
        least = width_of(self._note[:1]) + 3
        if not self._terms and self._hint and width > 4 + len(self._hint) + least:
            spans.append((self._hint, "faint"))
            x += width_of([(self._hint, "")])
        note = self._note
        while note and x + width_of(note) + 2 > width:
            note = note[:-1]
        if note:
            spans.extend([(" " * (width - x - width_of(note) - 2), ""), *note])
        return strip_of(spans, palette_of(self), self.rich_style, width)

    def _first(self, width: int) -> int:
        """The first chip that is shown: those before have no room. The chosen one always has."""
        first, last = 0, len(self._terms)
        while first < last - 1 and first != self._chosen:
            if 2 + sum(width_of(self._chip(at)) for at in range(first, last)) <= width:
                break
            first += 1
        return first

    def on_click(self, event: events.Click) -> None:
        for start, end, position in self._zones:
            if start <= event.x < end:
                self.post_message(self.Removed(position))
                return
        self.post_message(self.Opened())
