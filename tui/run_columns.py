"""The columns that a list of runs may have: what each shows, and how a choice of them is written. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any, Final

import orjson

from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.query_terms import nearest
from flowtui.tui.formats import count, duration, gist, moment
from flowtui.tui.run_cells import run_cells
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.rows import Cell

__all__ = ["DEFAULT", "RunColumn", "Seen", "Shown", "all_columns", "cells_of", "column_of", "columns_of", "shown_of"]

_WIDTHS: Final = (3, 80)
_SHOWN: Final = re.compile(r"(.+?)(?::(\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Seen:
    """What cells are painted with: the time, and how many seconds runs of a flow usually take."""

    now: datetime
    zone: tzinfo | None
    usual: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One of them. `sort` is what a click on its title sorts by."""

    key: str
    about: str
    column: Column
    paint: Callable[[FlowRun, Seen], Cell]
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A column that was chosen, and the width that was given to it. `str` is `flow` or `flow:24`."""

    key: str
    width: int | None = None

    def __str__(self) -> str:
        return self.key if self.width is None else f"{self.key}:{self.width}"

    def wider(self, by: int) -> "Shown":
        """With another width."""
        width = self.width if self.width is not None else column_of(self.key).column.width
        return replace(self, width=min(max(width + by, _WIDTHS[0]), _WIDTHS[1]))


def shown_of(text: str) -> Shown:
    """Read `flow` or `flow:24`. Raises `UsageError`."""
    match = _SHOWN.fullmatch(text)
    if match is None:
        raise UsageError("A column needs a name: state, flow, param.region …")
    width = None if match[2] is None else min(max(int(match[2]), _WIDTHS[0]), _WIDTHS[1])
    return Shown(column_of(match[1]).key, width)


def _old(index: int) -> Callable[[FlowRun, Seen], Cell]:
    """A cell of every list of runs."""
    return lambda run, seen: run_cells(run, seen.now, seen.zone)[index]


def _text(get: Callable[[FlowRun], str | None]) -> Callable[[FlowRun, Seen], Cell]:
    return lambda run, _: [(get(run) or "", "muted")]


def _when(get: Callable[[FlowRun], datetime | None]) -> Callable[[FlowRun, Seen], Cell]:
    return lambda run, seen: [(moment(get(run), seen.now, seen.zone), "muted")]


def _number(get: Callable[[FlowRun], int], role: str) -> Callable[[FlowRun, Seen], Cell]:
    return lambda run, _: [(count(number), role)] if (number := get(run)) else ""


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


_ALL: Final = (
    RunColumn("state", "the state", Column("STATE", 15), _old(0), "state"),
    RunColumn("flow", "the flow", Column("FLOW", 14, share=2, most=24), _old(1), "flow"),
    RunColumn("name", "the run's name", Column("RUN", 15, share=3, most=32), _old(2), "name"),
    RunColumn("start", "started, or due", Column("STARTED", 12, align="right", rank=2), _old(3), "start"),
    RunColumn("dur", "how long it ran", Column("DURATION", 8, align="right", calm=True), _old(4), "dur"),
    RunColumn("tasks", "task runs, done and all", Column("TASKS", 8, align="right", rank=3), _old(5), "tasks"),
    RunColumn("log", "errors and warnings", Column("LOG", 6, align="right", rank=4), _old(6), "errors"),
    RunColumn(
        "deployment", "the deployment", Column("DEPLOYMENT", 14, share=2, most=28, rank=5), _old(7), "deployment"
    ),
    RunColumn("pool", "the work pool", Column("POOL", 6, share=1, most=14, rank=7), _old(8), "pool"),
    RunColumn("tags", "its tags", Column("TAGS", 8, share=2, most=24, rank=6), _old(9)),
    RunColumn("error", "why it failed or crashed", Column("LAST ERROR", 20, share=4, most=80), _error),
    RunColumn(
        "errors",
        "errors in its log",
        Column("ERRORS", 7, align="right"),
        _number(lambda r: r.stats.errors, "failed"),
        "errors",
    ),
    RunColumn(
        "warnings",
        "warnings in its log",
        Column("WARN", 5, align="right"),
        _number(lambda r: r.stats.warnings, "late"),
        "warnings",
    ),
    RunColumn(
        "usual", "duration against the usual of its flow", Column("USUAL", 6, align="right", calm=True), _against_usual
    ),
    RunColumn("late", "how long past its time", Column("LATE", 6, align="right", calm=True), _late),
    RunColumn("end", "when it ended", Column("ENDED", 12, align="right"), _when(lambda r: r.end_time), "end"),
    RunColumn(
        "created", "when it was asked for", Column("CREATED", 12, align="right"), _when(lambda r: r.created), "created"
    ),
    RunColumn(
        "attempt",
        "how often it was started",
        Column("TRY", 4, align="right"),
        _number(lambda r: r.run_count, "muted"),
        "attempt",
    ),
    RunColumn(
        "queue", "the work queue", Column("QUEUE", 8, share=1, most=14), _text(lambda r: r.work_queue_name), "queue"
    ),
    RunColumn(
        "worker",
        "who carries it out, or did so last",
        Column("WORKER", 10, share=1, most=24),
        _text(lambda r: r.worker_name),
        "worker",
    ),
    RunColumn(
        "version", "version of the deployment, or of the flow", Column("VERSION", 8, share=1, most=16), _text(_version)
    ),
    RunColumn(
        "parameters",
        "all parameters",
        Column("PARAMETERS", 16, share=3, most=60),
        _text(lambda r: _json(dict(r.parameters)) if r.parameters else ""),
    ),
    RunColumn("id", "its id", Column("ID", 36), _text(lambda r: r.id)),
)
_BY_KEY: Final = {column.key: column for column in _ALL}
DEFAULT: Final = tuple(Shown(column.key) for column in _ALL[:10])
"""What a list shows that says nothing else."""


def all_columns() -> tuple[RunColumn, ...]:
    """Those with a fixed name, the usual ones first."""
    return _ALL


def column_of(key: str) -> RunColumn:
    """The column of a key; `param.region` is one, too. Raises `UsageError`."""
    if (known := _BY_KEY.get(key)) is not None:
        return known
    if key.startswith("param.") and all(path := key.split(".")[1:]):
        title = path[-1].upper()
        column = Column(title[:20], max(min(len(title), 20), 8), share=1, most=30)
        return RunColumn(key, f"the parameter {key.removeprefix('param.')}", column, _parameter(tuple(path)))
    near = nearest(key, _BY_KEY)
    hint = f"did you mean {near}?" if near else f"use one of {', '.join(_BY_KEY)}, param.NAME."
    raise UsageError(f"There is no column {key!r} – {hint}")


def _parameter(path: tuple[str, ...]) -> Callable[[FlowRun, Seen], Cell]:
    def paint(run: FlowRun, _: Seen) -> Cell:
        value: Any = run.parameters
        for part in path:
            if isinstance(value, Mapping) and part in value:
                value = value[part]
            elif isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            else:
                return ""
        return [(value if isinstance(value, str) else _json(value), "text")]

    return paint


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def columns_of(shown: Sequence[Shown]) -> tuple[Column, ...]:
    """The chosen columns for a table. Where there is little room, those at the right are left out first; the usual
    choice knows better."""
    made = [column_of(one.key).column for one in shown]
    if [one.key for one in shown] != [one.key for one in DEFAULT]:
        made = [replace(column, rank=0 if at < 2 else at) for at, column in enumerate(made)]
    return tuple(
        column if one.width is None else replace(column, width=one.width, share=0)
        for one, column in zip(shown, made, strict=True)
    )


def cells_of(shown: Sequence[Shown]) -> Callable[[FlowRun, Seen], list[Cell]]:
    """How a run is painted in these columns."""
    keys = tuple(one.key for one in shown)
    if keys == tuple(one.key for one in DEFAULT):
        return lambda run, seen: run_cells(run, seen.now, seen.zone)
    painters = tuple(column_of(key).paint for key in keys)
    return lambda run, seen: [paint(run, seen) for paint in painters]
