"""The slider under a run: when how much happened in it, and the moment that is looked at."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from flowtui.tui.formats import count, duration, log_time
from flowtui.tui.run.playhead import Playhead
from flowtui.tui.widgets.bars import columns
from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of, whole

__all__ = ["Scrubber"]

_FRAME = 0.1
"""Seconds between two pictures of a replay."""
_MARGIN = 2


class Scrubber(Widget, can_focus=True):
    """Two lines: what happened along time, with the playhead in it, and where that is. Posts `Moved` and `Left`."""

    DEFAULT_CSS = """
    Scrubber { height: 3; display: none; border-top: solid $rule; background: $surface; }
    Scrubber.-open { display: block; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "event before", key_display="←", id="scrubber.back"),
        Binding("right,l", "step(1)", "next", key_display="→", id="scrubber.forward"),
        Binding("space", "play", "replay", id="scrubber.play"),
        Binding("space", "stop", "stop", id="scrubber.stop"),
        Binding("escape,t", "leave", "to now", key_display="esc", id="scrubber.leave"),
        Binding("up,plus", "speed(1)", "faster", key_display="↑", id="scrubber.faster"),
        Binding("down,minus", "speed(-1)", "slower", key_display="↓", show=False, id="scrubber.slower"),
        Binding("shift+left,H", "jump(-0.05)", "back a twentieth", show=False, id="scrubber.far-back"),
        Binding("shift+right,L", "jump(0.05)", "forward a twentieth", show=False, id="scrubber.far"),
        Binding("g,home", "jump(-1)", "to the start", show=False, id="scrubber.start"),
        Binding("G,end", "jump(1)", "to the end", show=False, id="scrubber.end"),
    ]

    class Moved(Message):
        """Another moment is looked at."""

        def __init__(self, moment: datetime) -> None:
            super().__init__()
            self.moment = moment

    class Left(Message):
        """The present is to be looked at again."""

    def __init__(self, zone: tzinfo | None) -> None:
        super().__init__()
        self._zone = zone
        self._head: Playhead | None = None
        self._timer: Timer | None = None

    @property
    def head(self) -> Playhead | None:
        """Where it is; None while it is closed."""
        return self._head

    def open(self, head: Playhead, zone: tzinfo | None) -> None:
        """Look at a moment from now on."""
        self._head, self._zone = head, zone
        self.add_class("-open")
        self.focus()
        self._timer = self.set_interval(_FRAME, self._frame)
        self.post_message(self.Moved(head.moment))

    def grow(self, moments: Sequence[datetime], end: datetime) -> None:
        """More has happened."""
        if self._head is not None:
            self._head = self._head.grown(moments, end)
            self.refresh()

    def action_leave(self) -> None:
        """Look at the present again."""
        if self._timer is not None:
            self._timer.stop()
        self._head = self._timer = None
        self.remove_class("-open")
        self.post_message(self.Left())

    # -- moving -----------------------------------------------------------------------------------------------------

    def _go(self, head: Playhead) -> None:
        before, self._head = self._head, head
        if head != before:
            self.refresh()
        if before is not None and head.playing != before.playing:
            self.screen.refresh_bindings()
        if before is None or head.moment != before.moment:
            self.post_message(self.Moved(head.moment))

    def _frame(self) -> None:
        if self._head is not None and self._head.playing:
            self._go(self._head.played(_FRAME))

    def action_step(self, by: int) -> None:
        """Go to when the next thing happened, or the one before."""
        if self._head is not None:
            self._go(self._head.stepped(by))

    def action_jump(self, parts: float) -> None:
        """Go by a part of the whole."""
        if self._head is not None:
            self._go(self._head.jumped(parts))

    def action_play(self) -> None:
        """Replay what happened."""
        if self._head is not None:
            self._go(self._head.switched())

    def action_stop(self) -> None:
        """Stop the replay where it is."""
        self.action_play()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        playing = self._head is not None and self._head.playing
        return playing if action == "stop" else not playing if action == "play" else True

    def action_speed(self, by: int) -> None:
        """Replay faster or slower."""
        if self._head is not None:
            self._go(self._head.faster(by))

    def on_click(self, event: events.Click) -> None:
        room = self.size.width - 2 * _MARGIN
        if self._head is not None and room > 1:
            part = (event.x - _MARGIN) / (room - 1)
            self._go(self._head.jumped(part - self._head.part))

    # -- painting ---------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, head = self.size.width, self._head
        spans: list[Span] = []
        if head is not None:
            room = width - 2 * _MARGIN
            spans = self._slider(head, room) if y == 0 else self._words(head, room)
        return strip_of(fit([(" " * _MARGIN, ""), *spans], width), palette_of(self), self.rich_style, width)

    def _slider(self, head: Playhead, room: int) -> list[Span]:
        if room < 2:
            return []
        tally = [0.0] * room
        for moment in head.moments:
            at = (moment - head.start).total_seconds() / head.seconds
            tally[min(int(at * room), room - 1)] += 1
        line = columns([value**0.5 for value in tally], max(tally) ** 0.5, 0, 1).replace(" ", "▁")
        at = min(round(head.part * (room - 1)), room - 1)
        return [(line[:at], "running"), ("┃", "bold accent"), (line[at + 1 :], "faint")]

    def _words(self, head: Playhead, room: int) -> list[Span]:
        glyph, role = ("▶", "running") if head.playing else ("⏸", "paused")
        figures: list[Span] = [
            (log_time(head.moment, self._zone), "strong"),
            (f"   {duration(head.moment - head.start)} of {duration(head.end - head.start)}", "text"),
            (f"   {glyph} {head.speed}×", role),
            (f"   {count(head.number)}/{count(len(head.moments))}", "muted"),
        ]
        return whole([[figure] for figure in figures], room)
