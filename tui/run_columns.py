"""The columns that a list of runs may have. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from flowtui.engine.model import FlowRun
from flowtui.tui.formats import duration, gist
from flowtui.tui.lists.columns import At, ListColumn, ListColumns, number, text, when
from flowtui.tui.run_cells import deployment_word, duration_spans, log_marks, started_spans, state_spans, tasks_word
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.rows import Cell

__all__ = ["COLUMNS", "DEFAULT", "Seen", "cells_of", "columns_of"]


@dataclass(frozen=True, slots=True)
class Seen(At):
    """What runs are painted with besides: how many seconds those of a flow usually take."""

    usual: Mapping[str, float | None] = field(default_factory=dict)


def _error(run: FlowRun, _: Seen) -> Cell:
    bad = run.state.is_failed() or run.state.is_crashed()
    return [(gist(run.state.message), "failed" if run.state.is_failed() else "crashed")] if bad else ""


def _late(run: FlowRun, seen: Seen) -> Cell:
    due, begun = run.expected_start_time, run.start_time or seen.now
    if due is None or run.run_count > 1 or begun <= due or (run.start_time is None and not run.state.is_scheduled()):
        return ""
    return [(duration(begun - due), "late" if run.start_time is None else "muted")]


def _against_usual(run: FlowRun, seen: Seen) -> Cell:
    """`1.8×`: how long it took, or has taken so far, against the usual of its flow."""
    usual, elapsed = seen.usual.get(run.flow_name), run.elapsed(seen.now)
    if not usual or elapsed is None:
        return ""
    ratio = elapsed.total_seconds() / usual
    return [(f"{ratio:.1f}×" if ratio < 100 else f"{ratio:.0f}×", "late" if ratio >= 1.5 else "muted")]


def _version(run: FlowRun) -> str | None:
    return run.deployment_version or run.flow_version


COLUMNS: Final[ListColumns[FlowRun, Seen]] = ListColumns(
    (
        ListColumn("state", "the state", Column("STATE", 15), lambda run, _: state_spans(run.state), "state"),
        ListColumn(
            "flow", "the flow", Column("FLOW", 14, share=2, most=24), lambda run, _: [(run.flow_name, "text")], "flow"
        ),
        ListColumn(
            "name", "the run's name", Column("RUN", 15, share=3, most=32), lambda run, _: [(run.name, "strong")], "name"
        ),
        ListColumn(
            "start",
            "started, or due",
            Column("STARTED", 12, align="right", rank=2),
            lambda run, seen: started_spans(run, seen.now, seen.zone),
            "start",
        ),
        ListColumn(
            "dur",
            "how long it ran",
            Column("DURATION", 8, align="right", calm=True),
            lambda run, seen: duration_spans(run, seen.now),
            "dur",
            timed=True,
        ),
        ListColumn(
            "tasks",
            "task runs, done and all",
            Column("TASKS", 8, align="right", rank=3),
            text(lambda run: tasks_word(run.stats)),
            "tasks",
        ),
        ListColumn(
            "log",
            "errors and warnings",
            Column("LOG", 6, align="right", rank=4),
            lambda run, _: log_marks(run.stats),
            "errors",
        ),
        ListColumn(
            "deployment",
            "the deployment",
            Column("DEPLOYMENT", 14, share=2, most=28, rank=5),
            text(deployment_word),
            "deployment",
        ),
        ListColumn(
            "pool",
            "the work pool",
            Column("POOL", 6, share=1, most=14, rank=7),
            text(lambda run: run.work_pool_name),
            "pool",
        ),
        ListColumn(
            "tags", "its tags", Column("TAGS", 8, share=2, most=24, rank=6), text(lambda run: " ".join(run.tags))
        ),
        ListColumn("error", "why it failed or crashed", Column("LAST ERROR", 20, share=4, most=80), _error),
        ListColumn(
            "errors",
            "errors in its log",
            Column("ERRORS", 7, align="right"),
            number(lambda run: run.stats.errors, "failed"),
            "errors",
        ),
        ListColumn(
            "warnings",
            "warnings in its log",
            Column("WARN", 5, align="right"),
            number(lambda run: run.stats.warnings, "late"),
            "warnings",
        ),
        ListColumn(
            "usual",
            "duration against the usual of its flow",
            Column("USUAL", 6, align="right", calm=True),
            _against_usual,
            timed=True,
        ),
        ListColumn("late", "how long past its time", Column("LATE", 6, align="right", calm=True), _late, timed=True),
        ListColumn("end", "when it ended", Column("ENDED", 12, align="right"), when(lambda run: run.end_time), "end"),
        ListColumn(
            "created",
            "when it was asked for",
            Column("CREATED", 12, align="right"),
            when(lambda run: run.created),
            "created",
        ),
        ListColumn(
            "attempt",
            "how often it was started",
            Column("TRY", 4, align="right"),
            number(lambda run: run.run_count),
            "attempt",
        ),
        ListColumn(
            "queue",
            "the work queue",
            Column("QUEUE", 8, share=1, most=14),
            text(lambda run: run.work_queue_name),
            "queue",
        ),
        ListColumn(
            "worker",
            "who carries it out, or did so last",
            Column("WORKER", 10, share=1, most=24),
            text(lambda run: run.worker_name),
            "worker",
        ),
        ListColumn(
            "version",
            "version of the deployment, or of the flow",
            Column("VERSION", 8, share=1, most=16),
            text(_version),
        ),
        ListColumn(
            "parameters",
            "all parameters",
            Column("PARAMETERS", 16, share=3, most=60),
            text(lambda run: orjson.dumps(dict(run.parameters), default=str).decode() if run.parameters else ""),
        ),
        ListColumn("id", "its id", Column("ID", 36), text(lambda run: run.id)),
    ),
    first=10,
    parameters=lambda run: run.parameters,
)
"""What a list of runs may show."""
DEFAULT: Final = COLUMNS.usual
"""What a list of runs shows that has nothing to choose."""
columns_of, cells_of = COLUMNS.placed, COLUMNS.painter
