"""The line of figures at the top of Home: each is a number, and the filter for the runs that it counts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flowtui.engine.states import StateType
from flowtui.tui.formats import count, duration
from flowtui.tui.home.durations import percentile
from flowtui.tui.home.window import Window, ended_within, started_within

if TYPE_CHECKING:
    from flowtui.engine.model import HourTally
    from flowtui.engine.overviews import DurationSample
    from flowtui.tui.widgets.paint import Span

__all__ = ["Figure", "durations_of", "figures_of"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its word, and the query of the runs that it stands for."""

    spans: tuple["Span", ...]
    query: str
    right: bool = False
    """Whether it stands at the right end of the line."""


def figures_of(
    tallies: Sequence["HourTally"] | None, sample: "DurationSample | None", window: Window, now: datetime
) -> tuple[Figure, ...]:
    """How many runs ended, how, and how long the completed ones took."""
    if tallies is None:
        return ()
    span = ended_within(window.start(now), window.end(now))
    total = sum(tally.total for tally in tallies)
    found = [Figure(((count(total), "strong"), (" run" if total == 1 else " runs", "strong")), span)]
    for glyph, kind in (("✔", "completed"), ("✖", "failed"), ("⚠", "crashed"), ("◼", "cancelled")):
        number = sum(getattr(tally, kind) for tally in tallies)
        if number:
            found.append(Figure(((f"{glyph} {count(number)}", kind),), f"type:{kind} {span}"))
    return (*found, *_lengths(sample, window, now))


def _lengths(sample: "DurationSample | None", window: Window, now: datetime) -> list[Figure]:
    seconds = durations_of(sample)
    if sample is None or not seconds:
        return []
    about = "" if sample.complete else "≈"
    span = started_within(window.start(now), window.end(now))
    found = []
    for word, part in (("median", 0.5), ("p95", 0.95)):
        took = percentile(seconds, part) or 0.0
        query = f"type:completed dur>={_span_word(took)} {span}"
        found.append(Figure(((f"{word} ", "muted"), (f"{about}{duration(took)}", "text")), query, right=True))
    return found


def durations_of(sample: "DurationSample | None") -> list[float]:
    """Seconds that the completed runs took."""
    points = sample.points if sample is not None else ()
    return [point.seconds for point in points if point.state is StateType.COMPLETED]


def _span_word(seconds: float) -> str:
    """A duration that the query language reads, rounded down so that the run itself is among those it finds."""
    return f"{int(seconds * 1000) / 1000:g}" if seconds < 10 else f"{int(seconds)}s"
