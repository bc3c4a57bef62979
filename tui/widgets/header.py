"""The first line of every screen: whose store this is, how runs are doing, who serves them, and the time."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Horizontal
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.drawing import repaint
from flowtui.tui.formats import clock_time, count, until
from flowtui.tui.status import Status, engine_words
from flowtui.tui.widgets.paint import Span, clip, palette_of, strip_of, width_of

if TYPE_CHECKING:
    from flowtui.engine.clock import Clock

__all__ = ["Header"]

_GAP = "   "
_PROFILE = 24
"""Cells that the name of a profile has at most."""
_CLOCK_FROM = 50
"""Narrower terminals have no room for the time."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece at the right; what has the highest `rank` is left out first. `action` is what a click on it does."""

    spans: tuple[Span, ...]
    rank: int
    action: str = ""


class Header(Horizontal):
    """One line, painted from a `Status`. The clock is a widget of its own: its tick writes the clock and no more."""

    DEFAULT_CSS = """
    Header { height: 1; background: $surface; }
    Header _Line { width: 1fr; height: 1; }
    Header _Time { width: auto; height: 1; }
    """

    class Clicked(Message):
        """A counter, the engine's word or the clock was clicked; `action` says which."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, now: "Clock", zone: tzinfo | None) -> None:
        super().__init__()
        self._line, self._time = _Line(now), _Time(now, zone)

    def compose(self) -> ComposeResult:
        self._time.display = self.app.size.width >= _CLOCK_FROM  # later, it would have all be laid out anew
        yield self._line
        yield self._time

    def tick(self) -> None:
        """A second has passed."""
        self._line.tick()
        self._time.tick()

    def on_resize(self) -> None:
        shown = self.size.width >= _CLOCK_FROM
        if shown is not self._time.display:
            self._time.display = shown

    def show(self, status: Status, zone: tzinfo | None) -> None:
        """Show these figures."""
        self._line.show(status)
        self._time.show(zone)


def _is_seen(widget: Widget) -> bool:
    """Whether it is worth writing: news may also come to a header whose screen is being built or has just been left."""
    return widget.is_attached and widget.screen.is_current


class _Time(Widget):
    """The time of day and its zone."""

    def __init__(self, now: "Clock", zone: tzinfo | None) -> None:
        super().__init__()
        self._now, self._zone = now, zone
        self._ground: tuple[int, Style, Color] | None = None
        """What it stands on, and since which change of styles."""

    def tick(self) -> None:
        repaint(self)

    def show(self, zone: tzinfo | None) -> None:
        if zone is not self._zone:
            self._zone = zone
            self.refresh(layout=True)

    @property
    def _text(self) -> str:
        return f"{_GAP}{clock_time(self._now(), self._zone)} "

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return len(self._text)

    def render_lines(self, crop: Region) -> list[Strip]:
        # Textual asks for borders, links and opacity first, which there are none of, and each time what lies behind it:
        # that is half of what a second takes.
        style, background = self._stands_on()
        strip = strip_of([(self._text, "muted")], palette_of(self), style, self.size.width)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, background)
        return [strip.crop(crop.x, crop.right)]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._ground = None

    def _stands_on(self) -> tuple[Style, Color]:
        changes = self.screen._css_update_count
        if self._ground is None or self._ground[0] != changes:
            self._ground = changes, self.rich_style, self.background_colors[1]
        return self._ground[1:]

    def on_click(self) -> None:
        self.post_message(Header.Clicked("clock"))


class _Line(Widget):
    """All but the clock."""

    def __init__(self, now: "Clock") -> None:
        super().__init__()
        self._now = now
        self._status = Status()
        self._zones: list[tuple[int, int, str]] = []
        self._shown: tuple[str, list[_Part]] = ("", [])

    def show(self, status: Status) -> None:
        self._status = status
        if _is_seen(self):
            self.tick()

    def tick(self) -> None:
        """Ages and distances change with time alone; what reads as before is not written again."""
        if self._words(self._now()) != self._shown:
            repaint(self)

    def _words(self, now: datetime) -> tuple[str, list[_Part]]:
        return f"{self._status.profile} {self._status.address}", self._parts(now)

    def render_line(self, y: int) -> Strip:
        palette, width, now = palette_of(self), self.size.width, self._now()
        self._shown = self._words(now)
        brand: list[Span] = [(" flowtui", "bold accent")]
        if self._status.profile:  # whose store this is matters more than any figure
            name = clip(self._status.profile, max(min(_PROFILE, width // 3), 1))
            brand.extend([("  ", ""), (f" {name} ", f"bold base on-{self._status.accent or 'muted'}")])
        parts = _fitting(self._parts(now), width - width_of(brand) - len(_GAP))
        right_width = sum(width_of(part.spans) for part in parts) + len(_GAP) * max(len(parts) - 1, 0)
        room = width - width_of(brand) - right_width - 2 * len(_GAP)
        address = clip(self._status.address, room) if room >= 8 else ""
        left = [*brand, (_GAP, ""), (address, "muted")]
        spans: list[Span] = [*left, (" " * max(width - width_of(left) - right_width, 0), "")]
        self._zones, x = [], width_of(spans)
        for index, part in enumerate(parts):
            if index:
                spans.append((_GAP, ""))
                x += len(_GAP)
            end = x + width_of(part.spans)
            self._zones.append((x, end, part.action))
            spans.extend(part.spans)
            x = end
        return strip_of(spans, palette, self.rich_style, width)

    def _parts(self, now: datetime) -> list[_Part]:
        """From left to right."""
        glyph, words, role = engine_words(self._status, now)
        if self.size.width < _CLOCK_FROM:
            words = words.partition("  ")[0]
        # That the store is lost, or that nobody serves it, matters more than any figure.
        rank = 0 if role == "late" else 2
        engine = _Part(((f"{glyph} ", role), (words, "text" if role == "completed" else role)), rank, "engine")
        badge = [_Part(((" read only ", "bold base on-accent"),), 0)] if self._status.read_only else []
        return [*badge, *self._counters(now), engine]

    def _counters(self, now: datetime) -> list[_Part]:
        counts = self._status.counts
        if counts is None:
            return []
        parts = [_counter("▶", counts.running, "running" if counts.running else "muted", 1, "state:running")]
        if counts.failed_today:
            parts.append(_counter("✖", counts.failed_today, "failed", 1, "state:failed,crashed since:24h"))
        if counts.late:
            parts.append(_counter("⌛", counts.late, "late", 1, "state:late"))
        if counts.paused:
            parts.append(_counter("⏸", counts.paused, "paused", 4, "state:paused"))
        if counts.scheduled:
            parts.append(_counter("◷", counts.scheduled, "scheduled", 5, "state:scheduled"))
            if counts.next_start is not None:
                next_in = until(counts.next_start, now).removeprefix("in ")
                parts[-1] = _Part((*parts[-1].spans, (f" next {next_in}", "muted")), 5, "state:scheduled")
        return parts

    def on_click(self, event: events.Click) -> None:
        for start, end, action in self._zones:
            if start <= event.x < end:
                self.post_message(Header.Clicked(action))


def _counter(glyph: str, number: int, role: str, rank: int, action: str) -> _Part:
    return _Part(((f"{glyph} ", role), (count(number), role)), rank, action)


def _fitting(parts: list[_Part], room: int) -> list[_Part]:
    """Leave out what matters least until the rest fits."""
    kept = list(parts)
    while kept and sum(width_of(part.spans) for part in kept) + len(_GAP) * (len(kept) - 1) > room:
        kept.remove(max(kept, key=lambda part: part.rank))
    return kept
