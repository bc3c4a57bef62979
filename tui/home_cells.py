"""How a flow run looks in Home's three lists. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from flowtui.tui.formats import ago, count, duration, gist, until
from flowtui.tui.looks import look_of
from flowtui.tui.widgets.bars import progress
from flowtui.tui.widgets.columns import Column

if TYPE_CHECKING:
    from flowtui.engine.model import FlowRun
    from flowtui.tui.widgets.paint import Span, Spans
    from flowtui.tui.widgets.rows import Cell

__all__ = [
    "LATEST_COLUMNS",
    "NEEDS_COLUMNS",
    "NEXT_COLUMNS",
    "NOBODY",
    "RUNNING_COLUMNS",
    "Need",
    "latest_cells",
    "needs_cells",
    "next_cells",
    "running_cells",
]

NEEDS_COLUMNS: Final = (
    Column("", 2),
    Column("", 14, share=1, most=20),
    Column("", 8, share=1, most=16, rank=1),
    Column("", 12, share=5),
    Column("", 3, align="right"),
    Column("", 5, rank=2),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that waits for a person: a run, or the store that nobody serves."""

    id: str
    run: "FlowRun | None" = None
    times: int = 1
    """How many runs of the same flow ended like this one."""


NOBODY: Final = Need(id="nobody-serves")


def needs_cells(need: Need, now: datetime) -> list["Cell"]:
    """Glyph, flow, run, what is wrong, how long ago, and the keys that help."""
    run, times = need.run, need.times
    if run is None:
        words = "schedules are not kept, and runs are not started"
        return [[("○", "late")], [("nobody serves", "strong")], "", [(words, "text")], "", [("enter", "faint")]]
    look = look_of(run.state)
    message = gist(run.state.message) or look.word
    since = run.end_time or (run.expected_start_time if run.state.name == "Late" else run.state.timestamp)
    if run.state.name == "Late":
        message = "late, nobody has started it"
    if run.state.is_paused() and run.state.details.get("run_input_keyset"):
        message = "waits for what somebody types in"
    again: list[Span] = [(f" ×{times}", look.role)] if times > 1 else []
    return [
        [(look.glyph, look.role)],
        [(run.flow_name, "strong"), *again],
        [(run.name, "muted")],
        [(message, "text")],
        [(ago(since or now, now), "muted")],
        [(_keys(run), "faint")],
    ]


def _keys(run: "FlowRun") -> str:
    if run.state.is_final():
        return "R o w"
    return "enter" if run.state.is_paused() else "w"


def latest_cells(run: "FlowRun", now: datetime) -> list["Cell"]:
    """Glyph, flow, run, how long it took, how long ago."""
    look = look_of(run.state)
    return [
        [(look.glyph, look.role)],
        [(run.flow_name, "text")],
        [(run.name, "muted")],
        [(duration(run.elapsed(now)), "muted")],
        [(ago(run.end_time or run.state.timestamp, now), "muted")],
    ]


def next_cells(run: "FlowRun", now: datetime, zone: tzinfo | None, *, one_of_several: bool = False) -> list["Cell"]:
    """When, which flow, how soon; and of which deployment, where others of that flow come as well."""
    due = run.expected_start_time or run.created
    local = due.astimezone(zone)
    today = local.date() == now.astimezone(zone).date()
    return [
        [(f"{local:%H:%M}" if today else f"{local:%b} {local.day:>2}", "scheduled")],
        [(run.flow_name, "text"), (f"/{run.deployment_name}" if one_of_several else "", "muted")],
        [(until(due, now), "muted")],
    ]


def running_cells(run: "FlowRun", usual: timedelta | None, now: datetime) -> list["Cell"]:
    """Glyph, flow, how far, how long still: by what the flow usually takes, else by its tasks."""
    look = look_of(run.state)
    done, words = _progress(run, usual, run.running_time(now))

    def bar(width: int) -> "Spans":
        return (
            progress(done, width, f"{look.role}-bar" if look.role == "running" else look.role)
            if done is not None
            else [("·" * width, "ghost")]
        )

    return [[(look.glyph, look.role)], [(run.flow_name, "strong")], bar, [(words, "muted")]]


def _progress(run: "FlowRun", usual: timedelta | None, ran: timedelta | None) -> tuple[float | None, str]:
    stats = run.stats
    if ran is None:
        return None, look_of(run.state).word
    if usual is not None and usual.total_seconds() > 1:
        part = ran / usual
        if part <= 1:
            return part, f"{duration(usual - ran)} left"
        return 0.98, f"{duration(ran - usual)} over"
    if stats.tasks > 1:
        return stats.done / stats.tasks, f"{count(stats.done)}/{count(stats.tasks)}"
    return None, duration(ran)
