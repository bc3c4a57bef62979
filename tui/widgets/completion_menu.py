"""The candidates for what is being typed: a small list under the line, which never takes the keyboard from it."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.completing import Offer
from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of, width_of

__all__ = ["CompletionMenu"]

_MOST_ROWS = 8
_MOST_WIDTH = 64


class CompletionMenu(Widget):
    """Shows offers; the line moves in it by `move` and takes `chosen`."""

    DEFAULT_CSS = """
    CompletionMenu { overlay: screen; constrain: inside inside; display: none; background: $surface; height: 1; }
    CompletionMenu { max-width: 100%; }
    CompletionMenu.-open { display: block; }
    """

    class Taken(Message):
        """An offer was clicked."""

        def __init__(self, offer: Offer) -> None:
            super().__init__()
            self.offer = offer

    def __init__(self) -> None:
        super().__init__()
        self._offers: tuple[Offer, ...] = ()
        self._at: int | None = None
        self._top = 0

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What is shown; empty while it is closed."""
        return self._offers

    @property
    def chosen(self) -> Offer | None:
        """The offer that was moved to."""
        return None if self._at is None else self._offers[self._at]

    def show(self, offers: Sequence[Offer], x: int) -> None:
        """Show other offers, from column `x` on. What was moved to stays so, if it is still there."""
        chosen = self.chosen
        self._offers = tuple(offers)
        self._at = self._offers.index(chosen) if chosen in self._offers else None
        self._top = 0
        self.set_class(bool(offers), "-open")
        if offers:
            labels = max(width_of([(offer.label, "")]) for offer in offers)
            hints = max(width_of([(offer.hint, "")]) for offer in offers)
            self.styles.width = min(
                labels + (hints + 3 if hints else 0) + 3, _MOST_WIDTH, max(self.app.size.width - 2, 8)
            )
            self.styles.height = min(len(offers), _MOST_ROWS)
            self.styles.offset = (x, 0)
        self._keep_in_sight()
        self.refresh()

    def close(self) -> None:
        """Show nothing."""
        self.show((), 0)

    def move(self, by: int) -> None:
        """Move in the list; from its ends one comes back to the line, where nothing is chosen."""
        if not self._offers:
            return
        at = (-1 if self._at is None else self._at) + by
        if self._at is None and by < 0:
            at = len(self._offers) - 1
        self._at = at if 0 <= at < len(self._offers) else None
        self._keep_in_sight()
        self.refresh()

    def _keep_in_sight(self) -> None:
        at = self._at or 0
        self._top = min(max(self._top, at - _MOST_ROWS + 1), at)

    def render_line(self, y: int) -> Strip:
        palette, width = palette_of(self), self.size.width
        index = self._top + y
        if index >= len(self._offers):
            return Strip.blank(width, self.rich_style)
        offer, on = self._offers[index], index == self._at
        labels = max(width_of([(each.label, "")]) for each in self._offers)
        if any(offer.hint for offer in self._offers):
            labels = min(labels, max(width - 12, 16))
        labels = min(labels, width - 2)
        spans: list[Span] = [("▌" if on else " ", "accent"), *fit([(offer.label, "strong")], labels)]
        room = width - labels - 4
        if offer.hint and (room > 3 or width_of([(offer.hint, "")]) <= room):
            spans.extend([("  ", ""), *fit([(offer.hint, "muted")], room)])
        base = self.rich_style + palette.style("on-cursor") if on else self.rich_style
        return strip_of(spans, palette, base, width)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        index = self._top + event.y
        if index < len(self._offers):
            self.post_message(self.Taken(self._offers[index]))
