"""How many runs ended when: a bar for each hour or few hours, with its failures on top. Each bar is a filter."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.formats import count
from flowtui.tui.home.window import DAY, Bar, Window, bars_of, ended_within, label_of
from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of

if TYPE_CHECKING:
    from flowtui.engine.clock import Clock
    from flowtui.engine.model import HourTally

__all__ = ["DayChart"]

_BLOCKS = " ▁▂▃▄▅▆▇█"
_LEFT = 2


class DayChart(Widget, can_focus=True):
    """The bars, and the times below. Posts `Chosen` with the query of a bar."""

    DEFAULT_CSS = "DayChart { height: 7; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "earlier", show=False),
        Binding("right,l", "move(1)", "later", show=False),
        Binding("home,g", "move(-9999)", "first", show=False),
        Binding("end,G", "move(9999)", "last", show=False),
        Binding("enter", "choose", "its runs", id="bars.choose"),
    ]

    class Chosen(Message):
        """The runs of a bar are to be shown."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    def __init__(self, now: "Clock", zone: tzinfo | None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._now, self._zone = now, zone
        self._window = DAY
        self._tallies: tuple[HourTally, ...] = ()
        self._back = 0
        """How many bars before the last one the cursor stands: it stays with the present as time goes on."""
        self._hover: int | None = None

    def show(self, tallies: tuple["HourTally", ...], window: Window, zone: tzinfo | None) -> None:
        """Show other figures, or another span of time."""
        if (tallies, window) != (self._tallies, self._window) or zone is not self._zone:
            if window is not self._window:
                self._back = 0
            self._tallies, self._window, self._zone = tallies, window, zone
            self.refresh()

    @property
    def bars(self) -> list[Bar]:
        """The bars that are shown, oldest first."""
        room = max(self.size.width - 2 * _LEFT, 24)
        most = min(room, 24 if self._window is DAY else max(room // 2, 28))
        return bars_of(self._tallies, self._window, self._now(), self._zone, most)

    @property
    def _chosen(self) -> int | None:
        return (
            self._hover
            if self._hover is not None
            else max(len(self.bars) - 1 - self._back, 0)
            if self.has_focus
            else None
        )

    def _pitch(self, bars: Sequence[Bar]) -> int:
        """Cells from one bar to the next."""
        return max(min((self.size.width - 2 * _LEFT + 1) // max(len(bars), 1), 6), 1)

    # -- painting ---------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        bars = self.bars
        pitch = self._pitch(bars)
        chosen = self._chosen
        spans: list[Span] = [(" " * _LEFT, "")]
        if y < height - 1:
            spans.extend(_row(bars, y, height - 1, pitch, chosen))
        elif chosen is not None and chosen < len(bars):
            spans.extend(self._about(bars[chosen]))
        else:
            spans.extend(self._labels(bars, pitch))
        return strip_of(spans, palette_of(self), self.rich_style, width)

    def _about(self, bar: Bar) -> list[Span]:
        spans: list[Span] = [
            (label_of(bar, self._window, self._zone), "strong"),
            (f"   {count(bar.total)} runs", "text"),
        ]
        if bar.bad:
            spans.append((f"   ✖ {count(bar.bad)}", "failed"))
        note: Span = ("   enter shows them", "faint")
        return [*spans, note] if bar.total and width_of([*spans, note]) < self.size.width else spans

    def _labels(self, bars: Sequence[Bar], pitch: int) -> list[Span]:
        """The hours of a day, or the days of a week, where they begin on the clock above."""
        line = [" "] * (pitch * len(bars) + 6)
        free = 0
        for number, bar in enumerate(bars):
            local = bar.start.astimezone(self._zone)
            if self._window is DAY:
                label = f"{local:%H}" if local.hour % 3 == 0 else ""
            else:
                label = f"{local:%a %d}" if local.hour == 0 else ""
            at = number * pitch
            if label and at >= free and at + len(label) <= self.size.width - _LEFT:
                line[at : at + len(label)] = label
                free = at + len(label) + 1
        return [("".join(line).rstrip(), "faint")]

    # -- choosing ---------------------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Go to the bar before or after."""
        self._back = min(max(self._back - by, 0), max(len(self.bars) - 1, 0))
        self.refresh()

    def action_choose(self) -> None:
        """Show the runs that ended in the hours of the bar."""
        chosen, bars = self._chosen, self.bars
        if chosen is not None and chosen < len(bars):
            self.post_message(self.Chosen(ended_within(bars[chosen].start, bars[chosen].end)))

    def _at(self, x: int) -> int | None:
        bars = self.bars
        number = (x - _LEFT) // self._pitch(bars)
        return number if x >= _LEFT and number < len(bars) else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if (at := self._at(event.x)) != self._hover:
            self._hover = at
            self.refresh()

    def on_leave(self) -> None:
        self._hover = None
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        bars = self.bars
        at = self._at(event.x)
        if at is not None:
            self._back = len(bars) - 1 - at
            self.post_message(self.Chosen(ended_within(bars[at].start, bars[at].end)))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


def _row(bars: Sequence[Bar], row: int, rows: int, pitch: int, chosen: int | None) -> list[Span]:
    """One line of the bars; row 0 is the top."""
    highest = max((bar.total for bar in bars), default=0)
    spans: list[Span] = []
    for number, bar in enumerate(bars):
        on = " on-cursor" if number == chosen else ""
        text, role = _cell(bar, highest, (rows - 1 - row) * 8, rows * 8, max(pitch - 1, 1))
        if " on-" in role:
            on = ""
        spans.append((text, f"{role}{on}"))
        if pitch > 1:
            spans.append((" ", ""))
    return spans


def _cell(bar: Bar, highest: int, low: int, full: int, width: int) -> tuple[str, str]:
    """The part of a bar between `low` and `low + 8` eighths."""
    if not bar.total:
        return ("▁" if low == 0 else " ") * width, "ghost"
    top = max(round(bar.total / highest * full), 2 if bar.bad else 1)
    good = min(round(top * bar.good / bar.total), top - 1 if bar.bad else top)
    good_here, all_here = min(max(good - low, 0), 8), min(max(top - low, 0), 8)
    if good_here == all_here:
        return _BLOCKS[all_here] * width, "completed-bar"
    if good_here == 0:
        return _BLOCKS[all_here] * width, "failed"
    # Both in one cell: the good part in front of the bad one, which then reaches the top of the cell.
    return _BLOCKS[good_here] * width, "completed-bar on-failed"
