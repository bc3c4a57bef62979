"""The head of a run's screen: whose run it is, how it goes, how long it takes and usually takes."""

from datetime import datetime, timedelta, tzinfo

from textual.strip import Strip
from textual.widget import Widget

from flowtui.engine.clock import Clock
from flowtui.engine.model import FlowRun
from flowtui.engine.states import StateType
from flowtui.tui.formats import ago, duration, gist, moment, until
from flowtui.tui.looks import look_of
from flowtui.tui.run.forecast import NOTHING_KNOWN, Forecast
from flowtui.tui.run_cells import state_spans
from flowtui.tui.widgets.paint import Span, Spans, fit, palette_of, strip_of, whole, width_of

__all__ = ["RunTitle"]


_PAUSED = timedelta(seconds=1)
"""A run that did not run for so long, and for a tenth of its time, says how long it did."""
_SPEAKING = (
    StateType.FAILED,
    StateType.CRASHED,
    StateType.CANCELLED,
    StateType.CANCELLING,
    StateType.PAUSED,
    StateType.PENDING,
)
"""Kinds of state whose message says more than their name."""


class RunTitle(Widget):
    """Two lines painted from a run."""

    DEFAULT_CSS = "RunTitle { height: 2; }"

    def __init__(self, now: Clock, zone: tzinfo | None) -> None:
        super().__init__()
        self._now, self._zone = now, zone
        self._run: FlowRun | None = None
        self._usual: timedelta | None = None
        self._expected = NOTHING_KNOWN
        self._moment: datetime | None = None
        self._caller = ""

    def show(
        self,
        run: FlowRun,
        usual: timedelta | None,
        zone: tzinfo | None,
        expected: Forecast = NOTHING_KNOWN,
        moment: datetime | None = None,
        parent: str = "",
    ) -> None:
        """Show a run; `usual` is what its flow usually takes, `expected` how it will go on, `moment` when it was so, in
        a replay; `parent` is the run that called it."""
        wanted = (run, usual, zone, expected, moment, parent)
        if wanted != (self._run, self._usual, self._zone, self._expected, self._moment, self._caller):
            self._run, self._usual, self._zone, self._expected, self._moment, self._caller = wanted
            self.refresh()

    def tick(self) -> None:
        """A second has passed."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        spans: list[Span] = []
        if self._run is not None:
            spans = self._first(self._run, width) if y == 0 else _second(self._run, self._caller)
        return strip_of(fit(spans, width), palette_of(self), self.rich_style, width)

    def _first(self, run: FlowRun, width: int) -> list[Span]:
        """Whose run it is and its state; then as many figures as fit."""
        begin: Span = ("↶ ", "accent") if self._moment is not None else ("  ", "")
        name: list[Span] = [(run.name, "bold strong"), ("   ", ""), *state_spans(run.state)]
        head: list[Span] = [begin, (run.flow_name, "muted"), (" › ", "faint"), *name]
        if width_of(head) > width:
            head = [begin, *name]
        return whole([head, *self._figures(run)], width)

    def _figures(self, run: FlowRun) -> list[Spans]:
        now = self._moment or self._now()
        elapsed = run.elapsed(now)
        if elapsed is None:
            due = run.expected_start_time
            if due is not None:
                when = f"  due {moment(due, now, self._zone)}"
                return [[(when, "muted")], [(f", {_distance(due, now)}", "muted")]]
            return []
        over = run.end_time is not None
        figures: list[Span] = [(f"  {duration(elapsed)}", "text" if over else look_of(run.state).role)]
        ran = run.running_time(now)
        if ran is not None and elapsed - ran > max(_PAUSED, elapsed * 0.1):
            figures.append((f", of it running {duration(ran)}", "muted"))
        figures.extend(self._compared(now, over=over))
        figures.append((f"   from {moment(run.start_time, now, self._zone)}", "muted"))
        if run.run_count > 1:
            figures.append((f"   run {run.run_count}", "muted"))
        return [[figure] for figure in figures]

    def _compared(self, now: datetime, *, over: bool) -> list[Span]:
        """What is usual, how late it is by that, and when it will probably end."""
        spans: list[Span] = []
        end, late = self._expected.end, self._expected.late
        if late is not None:
            role = "muted" if over else "late"
            spans.append((f"   {duration(late)} {'longer than' if over else 'late vs'} usual", role))
        if end is not None and end > now:
            spans.append((f"   ends {until(end, now)}, {moment(end, now, self._zone)}", "text"))
        if self._usual is not None:
            spans.append((f"   usual {duration(self._usual)}", "faint"))
        return spans


def _distance(due: datetime, now: datetime) -> str:
    return until(due, now) if due > now else f"{ago(due, now)} ago"


def _second(run: FlowRun, parent: str) -> list[Span]:
    """The state's message when it says something; else where the run comes from, and what it was given."""
    if run.state.message and run.state.type in _SPEAKING:
        return [("  ", ""), (gist(run.state.message), look_of(run.state).role)]
    spans: list[Span] = [("  ", "")]
    parts = [f"called by {parent}"] if parent else []
    if run.deployment_name:
        parts.append(f"deployment {run.deployment_name}")
    if run.worker_name:
        parts.append(f"worker {run.worker_name}")
    if run.work_pool_name:
        parts.append(f"pool {run.work_pool_name}")
    if run.provenance is not None and run.provenance.short_commit is not None:
        parts.append(f"commit {run.provenance.short_commit}")
    if run.deployment_version or run.flow_version:
        parts.append(f"version {(run.deployment_version or run.flow_version or '')[:12]}")
    parts.extend(f"#{tag}" for tag in run.tags)
    parts.extend(f"{key}={_short(value)}" for key, value in run.parameters.items())
    return [*spans, ("   ".join(parts), "faint")]


def _short(value: object) -> str:
    """A parameter in a few characters."""
    if isinstance(value, dict | list):
        return f"{'{' if isinstance(value, dict) else '['}{len(value)}{'}' if isinstance(value, dict) else ']'}"
    text = str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"
