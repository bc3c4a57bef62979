"""How a flow run looks in Home's three lists. Pure."""

from datetime import datetime, timedelta, tzinfo
from typing import Final

from flowtui.engine.model import FlowRun
from flowtui.tui.formats import ago, count, duration, gist, until
from flowtui.tui.looks import look_of
from flowtui.tui.widgets.bars import progress
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span, Spans
from flowtui.tui.widgets.rows import Cell

__all__ = [
    "LATEST_COLUMNS",
    "NEEDS_COLUMNS",
    "NEXT_COLUMNS",
    "RUNNING_COLUMNS",
    "latest_cells",
    "needs_cells",
    "next_cells",
    "running_cells",
]

NEEDS_COLUMNS: Final = (
    Column("", 2),
    Column("", 14, share=1, most=20),
    Column("", 10, share=1, most=16, rank=1),
    Column("", 12, share=3),
    Column("", 3, align="right"),
)
LATEST_COLUMNS: Final = (
    Column("", 2),
    Column("", 14, share=1, most=20),
    Column("", 10, share=2, most=24, rank=1),
    Column("", 7, share=3, align="right"),
    Column("", 3, align="right"),
)
NEXT_COLUMNS: Final = (Column("", 6), Column("", 8, share=1), Column("", 6, align="right"))
RUNNING_COLUMNS: Final = (
    Column("", 1),
    Column("", 14, share=1, most=20),
    Column("", 6, share=2, most=20),
    Column("", 9),
)


def needs_cells(run: FlowRun, times: int, now: datetime) -> list[Cell]:
    """Glyph, flow, run, what is wrong, how long ago."""
    look = look_of(run.state)
    message = gist(run.state.message) or look.word
    since = run.end_time or (run.expected_start_time if run.state.name == "Late" else run.state.timestamp)
    if run.state.name == "Late":
        message = "late, nobody has started it"
    again: list[Span] = [(f" ×{times}", look.role)] if times > 1 else []
    return [
        [(look.glyph, look.role)],
        [(run.flow_name, "strong"), *again],
        [(run.name, "muted")],
        [(message, "text")],
        [(ago(since or now, now), "muted")],
    ]


def latest_cells(run: FlowRun, now: datetime) -> list[Cell]:
    """Glyph, flow, run, how long it took, how long ago."""
    look = look_of(run.state)
    return [
        [(look.glyph, look.role)],
        [(run.flow_name, "text")],
        [(run.name, "muted")],
        [(duration(run.elapsed(now)), "muted")],
        [(ago(run.end_time or run.state.timestamp, now), "muted")],
    ]


def next_cells(run: FlowRun, now: datetime, zone: tzinfo | None) -> list[Cell]:
    """When, which flow, how soon."""
    due = run.expected_start_time or run.created
    local = due.astimezone(zone)
    today = local.date() == now.astimezone(zone).date()
    return [
        [(f"{local:%H:%M}" if today else f"{local:%b} {local.day:>2}", "scheduled")],
        [(run.flow_name, "text")],
        [(until(due, now), "muted")],
    ]


def running_cells(run: FlowRun, usual: timedelta | None, now: datetime) -> list[Cell]:
    """Glyph, flow, how far, how long still: by what the flow usually takes, else by its tasks."""
    look, elapsed = look_of(run.state), run.elapsed(now)
    done, words = _progress(run, usual, elapsed)

    def bar(width: int) -> Spans:
        return (
            progress(done, width, f"{look.role}-bar" if look.role == "running" else look.role)
            if done is not None
            else [("·" * width, "ghost")]
        )

    return [[(look.glyph, look.role)], [(run.flow_name, "strong")], bar, [(words, "muted")]]


def _progress(run: FlowRun, usual: timedelta | None, elapsed: timedelta | None) -> tuple[float | None, str]:
    stats = run.stats
    if elapsed is None:
        return None, look_of(run.state).word
    if usual is not None and usual.total_seconds() > 1:
        part = elapsed / usual
        if part <= 1:
            return part, f"{duration(usual - elapsed)} left"
        return 0.98, f"{duration(elapsed - usual)} over"
    if stats.tasks > 1:
        return stats.done / stats.tasks, f"{count(stats.done)}/{count(stats.tasks)}"
    return None, duration(elapsed)
