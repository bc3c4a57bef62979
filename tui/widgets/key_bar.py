"""The last line: the keys that work here and now, as many as fit."""

from typing import Final

from textual import events
from textual.app import App
from textual.binding import ActiveBinding
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.keys import key_name
from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of

__all__ = ["KeyBar"]

_GAP = "   "
_TIGHT = "  "
_SELDOM: Final = frozenset({"columns"})
"""The last part of the ids of bindings that stand there only where all others do."""


class KeyBar(Widget):
    """Reads the screen's active bindings; the way to the rest (`? keys`) is always the last and always there."""

    DEFAULT_CSS = "KeyBar { height: 1; background: $surface; }"

    def __init__(self) -> None:
        super().__init__()
        self._zones: list[tuple[int, int, ActiveBinding]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def _hints(self) -> list[ActiveBinding]:
        """What may be shown, most particular first, one for each action."""
        seen: set[str] = set()
        hints = []
        for active in self.screen.active_bindings.values():
            if active.tooltip == "read only" or active.binding.action in getattr(active.node, "idle_actions", ()):
                continue
            if active.binding.show and active.binding.description and active.binding.action not in seen:
                seen.add(active.binding.action)
                hints.append(active)
        return sorted(hints, key=_yields)

    def _fitting(self, width: int) -> tuple[list[tuple[ActiveBinding, list[Span]]], str]:
        hints = [(active, _spans(active)) for active in self._hints()]
        gap = _GAP if width >= 100 else _TIGHT
        last = [pair for pair in hints if pair[0].binding.action.endswith("help")]
        rest = [pair for pair in hints if pair not in last]
        room = width - 2 - sum(width_of(spans) + len(gap) for _, spans in last)
        kept = []
        for pair in rest:
            need = width_of(pair[1]) + len(gap)
            if need <= room:
                kept.append(pair)
                room -= need
        return [*kept, *last], gap

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        pairs, gap = self._fitting(width)
        spans: list[Span] = [(" ", "")]
        self._zones, x = [], 1
        for active, hint in pairs:
            end = x + width_of(hint)
            self._zones.append((x, end, active))
            spans.extend([*hint, (gap, "")])
            x = end + len(gap)
        return strip_of(spans, palette_of(self), self.rich_style, width)

    async def on_click(self, event: events.Click) -> None:
        for start, end, active in self._zones:
            if start <= event.x < end and active.enabled:
                await self.app.run_action(active.binding.action, active.node)


def _yields(active: ActiveBinding) -> tuple[bool, bool]:
    """What leaves its place to others where there is little room comes after them."""
    return (active.binding.id or "").rpartition(".")[2] in _SELDOM, isinstance(active.node, App)


def _spans(active: ActiveBinding) -> list[Span]:
    key, words = key_name(active.binding), active.binding.description
    if not active.enabled:
        return [(f"{key} {words}", "faint")]
    return [(key, "strong"), (f" {words}", "muted")]
