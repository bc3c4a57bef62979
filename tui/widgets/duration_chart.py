"""How long runs took: a dot for each, by when it started. Each column of dots is a filter, each dot a run."""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.formats import duration
from flowtui.tui.home.durations import Cloud, cloud_of, percentile
from flowtui.tui.home.figures import durations_of
from flowtui.tui.home.window import DAY, Window, started_within
from flowtui.tui.widgets.paint import Span, palette_of, strip_of

if TYPE_CHECKING:
    from flowtui.engine.clock import Clock
    from flowtui.engine.overviews import DurationSample

__all__ = ["DurationChart"]

_AXIS = 8


class DurationChart(Widget, can_focus=True):
    """Dots on a logarithmic scale, failures in their colour, lines at the median and the 95th percentile."""

    DEFAULT_CSS = "DurationChart { height: 7; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "earlier", show=False),
        Binding("right,l", "move(1)", "later", show=False),
        Binding("home,g", "move(-9999)", "first", show=False),
        Binding("end,G", "move(9999)", "last", show=False),
        Binding("enter", "choose", "its runs", id="durations.choose"),
    ]

    class Chosen(Message):
        """The runs of a column are to be shown."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class RunChosen(Message):
        """A dot was clicked."""

        def __init__(self, run_id: str) -> None:
            super().__init__()
            self.run_id = run_id

    def __init__(self, now: "Clock", zone: tzinfo | None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._now, self._zone = now, zone
        self._window = DAY
        self._sample: DurationSample | None = None
        self._cloud: tuple[object, Cloud] | None = None
        self._column: int | None = None
        """Where the cursor stands; None is at the right end."""

    def show(self, sample: "DurationSample", window: Window, zone: tzinfo | None) -> None:
        """Show other runs, or another span of time."""
        if (sample, window) != (self._sample, self._window) or zone is not self._zone:
            if window is not self._window:
                self._column = None
            self._sample, self._window, self._zone = sample, window, zone
            self.refresh()

    @property
    def cloud(self) -> Cloud:
        """The dots, for the size that the chart has now."""
        width, height = max(self.size.width - _AXIS - 2, 1), max(self.size.height - 1, 1)
        now = self._now()
        since, until = self._window.start(now), self._window.end(now)
        key = (self._sample, since, width, height)
        if self._cloud is None or self._cloud[0] != key:
            points = self._sample.points if self._sample is not None else ()
            self._cloud = (key, cloud_of(points, since, until, width, height))
        return self._cloud[1]

    @property
    def _at(self) -> int:
        last = self.cloud.width - 1
        return last if self._column is None else min(self._column, last)

    # -- painting ---------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        palette, width = palette_of(self), self.size.width
        cloud = self.cloud
        if y == cloud.height:
            return strip_of(self._below(cloud), palette, self.rich_style, width)
        marks = self._marks(cloud)
        dots = cloud.line(y, [(row, "┄", "ghost") for row, _, _ in marks])
        if self.has_focus:
            text, role = dots[self._at]
            dots[self._at] = (text, f"{role} on-cursor")
        return strip_of([*self._axis(cloud, y, marks), *dots], palette, self.rich_style, width)

    def _marks(self, cloud: Cloud) -> list[tuple[int, str, float]]:
        seconds = durations_of(self._sample)
        found = [("p50", percentile(seconds, 0.5)), ("p95", percentile(seconds, 0.95))]
        return [(cloud.row_of(took), word, took) for word, took in found if took is not None]

    def _axis(self, cloud: Cloud, row: int, marks: list[tuple[int, str, float]]) -> list[Span]:
        """Durations beside the lines, and at the top and the bottom where there is room."""
        if not cloud.points:
            return [(" " * _AXIS, "")]
        label, role = "", "faint"
        if row == 0:
            label = duration(cloud.high)
        elif row == cloud.height - 1:
            label = duration(cloud.low)
        for at, _, took in marks:
            if at == row:
                label, role = duration(took), "muted"
        return [(f"{label:>{_AXIS - 1}} ", role)]

    def _below(self, cloud: Cloud) -> list[Span]:
        if not cloud.points:
            return [(" " * _AXIS, ""), ("no run has ended in this time", "faint")]
        if self.has_focus:
            found = cloud.of_column(self._at)
            start, end = self._edges(self._at, cloud)
            local, until = start.astimezone(self._zone), end.astimezone(self._zone)
            day = "" if self._window is DAY else f"{local:%a %d} "
            runs = f"   {len(found)} run" + ("" if len(found) == 1 else "s")
            longest = f"   longest {duration(max(point.seconds for point in found))}" if found else ""
            return [
                (" " * _AXIS, ""),
                (f"{day}{local:%H:%M} – {until:%H:%M}", "strong"),
                (runs, "text"),
                (longest, "muted"),
            ]
        words = "duration of each run" + ("" if self._sample is None or self._sample.complete else ", a sample")
        return [(" " * _AXIS, ""), (words, "faint")]

    # -- choosing ---------------------------------------------------------------------------------------------------

    def _edges(self, column: int, cloud: Cloud) -> tuple[datetime, datetime]:
        now = self._now()
        since, until = self._window.start(now), self._window.end(now)
        step = (until - since) / cloud.width
        return since + column * step, since + (column + 1) * step

    def action_move(self, by: int) -> None:
        """Go to the column before or after."""
        self._column = min(max(self._at + by, 0), self.cloud.width - 1)
        self.refresh()

    def action_choose(self) -> None:
        """Show the runs that started in the time of the column."""
        start, end = self._edges(self._at, self.cloud)
        self.post_message(self.Chosen(started_within(start, end)))

    def on_click(self, event: events.Click) -> None:
        column = event.x - _AXIS
        cloud = self.cloud
        if not 0 <= column < cloud.width:
            return
        self._column = column
        self.refresh()
        near = cloud.near(column, event.y)
        if len(near) == 1:
            self.post_message(self.RunChosen(near[0].run_id))
        else:
            self.action_choose()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
