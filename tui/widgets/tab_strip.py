"""Tabs on one line, with a rule below that is thick and bright under the tab that is on; where there is no room for the
rule, the tab itself is underlined."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of

__all__ = ["Tab", "TabStrip"]


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: what it stands for, its word, and the key that opens it."""

    id: str
    label: str
    key: str = ""
    note: str = ""
    """A figure behind the word, such as a count."""


class TabStrip(Widget):
    """Shows tabs; a click posts `Chosen`. What a tab opens is the screen's business."""

    DEFAULT_CSS = "TabStrip { height: 2; }"

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, strip: "TabStrip", tab: str) -> None:
            super().__init__()
            self.strip, self.tab = strip, tab

        @property
        def control(self) -> "TabStrip":
            return self.strip

    def __init__(self, tabs: Sequence[Tab], active: str, *, indent: int = 1, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._tabs, self._active, self._indent = tuple(tabs), active, indent

    @property
    def active(self) -> str:
        """The id of the tab that is on."""
        return self._active

    def show(self, active: str | None = None, tabs: Sequence[Tab] | None = None) -> None:
        """Turn on another tab, or change the tabs."""
        wanted = (tuple(tabs) if tabs is not None else self._tabs, active or self._active)
        if wanted != (self._tabs, self._active):
            self._tabs, self._active = wanted
            self.refresh()

    def _placed(self) -> list[tuple[int, int, Tab, list[Span]]]:
        """Start, end, tab and spans of each tab that fits; the keys go first when the width is short."""
        for with_keys in (True, False):
            x, placed = self._indent, []
            for tab in self._tabs:
                spans = self._spans(tab, with_keys)
                placed.append((x, x + width_of(spans), tab, spans))
                x += width_of(spans) + (3 if with_keys else 2)
            if x - 2 <= self.size.width or not with_keys:
                break
        return self._in_sight(placed)

    def _in_sight(self, placed: list[tuple[int, int, Tab, list[Span]]]) -> list[tuple[int, int, Tab, list[Span]]]:
        """Without the first tabs, as far as the one that is on would not be in sight otherwise."""
        width = self.size.width
        if not placed or placed[-1][1] <= width:
            return placed
        end = next((end for _, end, tab, _ in placed if tab.id == self._active), 0)
        while end > width - 2 and len(placed) > 1 and placed[0][2].id != self._active:
            by = placed[1][0] - placed[0][0]
            placed = [(start - by, stop - by, tab, spans) for start, stop, tab, spans in placed[1:]]
            end -= by
        return [one for one in placed if one[1] <= width - 2] or placed[:1]

    def _spans(self, tab: Tab, with_key: bool) -> list[Span]:
        on = tab.id == self._active
        lit = "bold strong" if self.size.height > 1 else "bold strong underline"
        spans: list[Span] = [(f"{tab.key} ", "accent" if on else "faint")] if tab.key and with_key else []
        spans.append((tab.label, lit if on else "muted"))
        if tab.note:
            spans.append((f" {tab.note}", "muted" if on else "faint"))
        return spans

    def render_line(self, y: int) -> Strip:
        palette, width = palette_of(self), self.size.width
        spans: list[Span] = []
        x = 0
        for start, end, tab, label in self._placed():
            if y == 0:
                spans.append((" " * (start - x), ""))
                spans.extend(label)
                x = end
            elif tab.id == self._active:
                spans = [("─" * start, "rule"), ("━" * (end - start), "accent"), ("─" * max(width - end, 0), "rule")]
        if y and not spans:
            spans = [("─" * width, "rule")]
        if not y and self._tabs and spans:
            spans = self._with_arrows(spans, x)
        return strip_of(spans, palette, self.rich_style, width)

    def _with_arrows(self, spans: list[Span], used: int) -> list[Span]:
        """Arrows where there are tabs that are not in sight."""
        shown = [tab.id for _, _, tab, _ in self._placed()]
        if shown[-1] != self._tabs[-1].id:
            spans = [*spans, (" " * max(self.size.width - used - 1, 0), ""), ("›", "faint")]
        if shown[0] != self._tabs[0].id and self._indent:
            spans = [("‹" + " " * (self._indent - 1), "faint"), *spans[1:]]
        return spans

    def on_click(self, event: events.Click) -> None:
        for start, end, tab, _ in self._placed():
            if start <= event.x < end:
                self.post_message(self.Chosen(self, tab.id))
