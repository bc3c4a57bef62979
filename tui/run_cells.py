"""How a flow run looks in a list: one cell for each column. Pure."""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final

from flowtui.engine.states import State, StateType
from flowtui.tui.formats import count, duration, moment
from flowtui.tui.looks import look_of
from flowtui.tui.widgets.columns import Column

if TYPE_CHECKING:
    from flowtui.engine.model import FlowRun, RunStats
    from flowtui.tui.widgets.paint import Span
    from flowtui.tui.widgets.rows import Cell

__all__ = [
    "RUN_COLUMNS",
    "deployment_word",
    "is_live",
    "log_marks",
    "run_cells",
    "state_spans",
    "tasks_word",
]

RUN_COLUMNS: Final = (
    Column("STATE", 15),
    Column("FLOW", 14, share=2, most=24),
    Column("RUN", 15, share=3, most=32),
    Column("STARTED", 12, align="right", rank=2),
    Column("DURATION", 8, align="right", calm=True),
    Column("TASKS", 8, align="right", rank=3),
    Column("LOG", 6, align="right", rank=4),
    Column("DEPLOYMENT", 14, share=2, most=28, rank=5),
    Column("POOL", 6, share=1, most=14, rank=7),
    Column("TAGS", 8, share=2, most=24, rank=6),
)


def state_spans(state: State) -> list["Span"]:
    """Glyph and word, in the state's colour."""
    look = look_of(state)
    return [(f"{look.glyph} {look.word}", look.role)]


def run_cells(run: "FlowRun", now: datetime, zone: tzinfo | None) -> list["Cell"]:
    """One cell for each of `RUN_COLUMNS`."""
    over = run.state.is_final()
    return [
        state_spans(run.state),
        [(run.flow_name, "text")],
        [(run.name, "strong")],
        _started(run, now, zone),
        [(duration(run.elapsed(now)), "muted" if over else look_of(run.state).role)],
        [(tasks_word(run.stats), "muted")],
        log_marks(run.stats),
        [(deployment_word(run), "muted")],
        [(run.work_pool_name or "", "muted")],
        [(" ".join(run.tags), "muted")],
    ]


def _started(run: "FlowRun", now: datetime, zone: tzinfo | None) -> list["Span"]:
    if run.start_time is not None:
        return [(moment(run.start_time, now, zone), "muted")]
    role = "late" if run.state.name == "Late" else "scheduled"
    return [(moment(run.expected_start_time or run.created, now, zone), role)]


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
