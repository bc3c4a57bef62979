"""How a flow run looks in a list: its cells. Pure."""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from flowtui.engine.states import State, StateType
from flowtui.tui.formats import ago, count, duration, moment
from flowtui.tui.looks import look_of

if TYPE_CHECKING:
    from flowtui.engine.model import FlowRun, RunStats
    from flowtui.tui.widgets.paint import Span

__all__ = [
    "deployment_word",
    "duration_spans",
    "ended_spans",
    "is_live",
    "log_marks",
    "started_spans",
    "state_spans",
    "tasks_word",
]


def state_spans(state: State) -> list["Span"]:
    """Glyph and word, in the state's colour."""
    look = look_of(state)
    return [(f"{look.glyph} {look.word}", look.role)]


def started_spans(run: "FlowRun", now: datetime, zone: tzinfo | None) -> list["Span"]:
    """When it started, else when it is due."""
    if run.start_time is not None:
        return [(moment(run.start_time, now, zone), "muted")]
    role = "late" if run.state.name == "Late" else "scheduled"
    return [(moment(run.expected_start_time or run.created, now, zone), role)]


def duration_spans(run: "FlowRun", now: datetime) -> list["Span"]:
    """How long it ran, in the colour of its state while it does."""
    return [(duration(run.elapsed(now)), "muted" if run.state.is_final() else look_of(run.state).role)]


def ended_spans(run: "FlowRun", now: datetime) -> list["Span"]:
    """`✖ Failed 4m`: its state, and how long ago it ended, else started, else was due."""
    instant = run.end_time or run.start_time or run.expected_start_time or run.created
    return [*state_spans(run.state), (f" {ago(instant, now)}", "muted")]


def deployment_word(run: "FlowRun") -> str:
    """The deployment's own name: the flow stands in a column before it."""
    return run.deployment_name or ""


def tasks_word(stats: "RunStats") -> str:
    """`31/48`, or nothing when there are no tasks."""
    return f"{count(stats.done)}/{count(stats.tasks)}" if stats.tasks else ""


def log_marks(stats: "RunStats") -> list["Span"]:
    """`2✖ 1⚠`: how many errors and warnings the log holds."""
    spans: list[Span] = []
    if stats.errors:
        spans.append((f"{_short(stats.errors)}✖", "failed"))
    if stats.warnings:
        spans.append((f"{' ' if spans else ''}{_short(stats.warnings)}⚠", "late"))
    return spans


def _short(number: int) -> str:
    return str(number) if number < 1000 else f"{number // 1000}k"


def is_live(run: "FlowRun") -> bool:
    """Whether its duration grows with the clock."""
    return run.start_time is not None and run.end_time is None and run.state.type is not StateType.SCHEDULED
