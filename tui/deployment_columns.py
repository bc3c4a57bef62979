"""The columns that the list of deployments may have. Secrets are never shown. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from flowtui.engine.model import FlowRun
from flowtui.tui.deployment_cells import DeploymentRow, schedule_words
from flowtui.tui.formats import until
from flowtui.tui.lists.columns import At, ListColumn, ListColumns, first_line, number, text, when
from flowtui.tui.run_cells import duration_spans, ended_spans, started_spans, state_spans
from flowtui.tui.secret_values import open_values
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["COLUMNS", "open_parameters"]


def _name(row: DeploymentRow, _: At) -> list[Span]:
    deployment = row.deployment
    return [(f"{deployment.flow_name}/", "muted"), (deployment.name, "muted" if deployment.paused else "strong")]


def _schedule(row: DeploymentRow, _: At) -> list[Span]:
    deployment = row.deployment
    role = "muted" if deployment.paused else "text"
    return [(schedule_words(deployment), role if deployment.schedules else "faint")]


def _next(row: DeploymentRow, at: At) -> list[Span]:
    if row.deployment.paused:
        return [("⏸ paused", "paused")]
    return [(until(row.next, at.now), "text")] if row.next is not None else [("–", "faint")]


def _then(row: DeploymentRow, at: At) -> Cell:
    return [(until(row.fires[1], at.now), "faint")] if len(row.fires) > 1 else ""


def _last(row: DeploymentRow, at: At) -> list[Span]:
    return [("never", "faint")] if row.last is None else ended_spans(row.last, at.now)


def _served(row: DeploymentRow, _: At) -> list[Span]:
    pool, queue = row.deployment.work_pool_name, row.deployment.work_queue_name
    if pool is None:
        return [("its own process", "muted")]
    place = pool if queue in (None, "default") else f"{pool}/{queue}"
    if not row.workers:
        return [(f"{place} ", "muted"), ("nobody", "late")]
    return [(place, "muted")] if row.workers == 1 else [(f"{place} ", "muted"), (f"{row.workers} workers", "faint")]


def _of_last(paint: Callable[[FlowRun, At], Cell]) -> Callable[[DeploymentRow, At], Cell]:
    """A cell of its last run; nothing when it never ran."""
    return lambda row, at: paint(row.last, at) if row.last is not None else ""


def open_parameters(row: DeploymentRow) -> Mapping[str, Any]:
    """Its parameters, without those that are secret by their schema, or hold something that is."""
    return open_values(row.deployment.parameters, row.deployment.parameter_openapi_schema)


def _parameters(row: DeploymentRow) -> str:
    shown = open_parameters(row)
    return orjson.dumps(shown, default=str).decode() if shown else ""


COLUMNS: Final[ListColumns[DeploymentRow, At]] = ListColumns(
    (
        ListColumn("name", "flow and deployment", Column("DEPLOYMENT", 20, share=3, most=40), _name, "name"),
        ListColumn("schedule", "when it runs", Column("SCHEDULE", 24, share=4, most=40, rank=2), _schedule),
        ListColumn("next", "its next run", Column("NEXT RUN", 8, align="right"), _next, "next", timed=True),
        ListColumn("then", "the one after that", Column("THEN", 11, align="right", rank=5), _then, timed=True),
        ListColumn("last", "its last run", Column("LAST RUN", 18, rank=1), _last, "last", timed=True),
        ListColumn(
            "served",
            "who serves it",
            Column("SERVED BY", 14, share=1, most=26, rank=4),
            _served,
            "pool",
        ),
        ListColumn(
            "tags",
            "its tags",
            Column("TAGS", 11, share=2, most=24, rank=3),
            text(lambda row: " ".join(row.deployment.tags)),
        ),
        ListColumn(
            "flow", "its flow", Column("FLOW", 14, share=2, most=28), text(lambda row: row.deployment.flow_name)
        ),
        ListColumn(
            "state",
            "state of its last run",
            Column("STATE", 15),
            _of_last(lambda run, _: state_spans(run.state)),
            "state",
        ),
        ListColumn(
            "run",
            "name of its last run",
            Column("RUN", 15, share=1, most=32),
            _of_last(lambda run, _: [(run.name, "text")]),
        ),
        ListColumn(
            "start",
            "start of its last run",
            Column("STARTED", 12, align="right"),
            _of_last(lambda run, at: started_spans(run, at.now, at.zone)),
            "last",
        ),
        ListColumn(
            "dur",
            "duration of its last run",
            Column("DURATION", 8, align="right", calm=True),
            _of_last(lambda run, at: duration_spans(run, at.now)),
            timed=True,
        ),
        ListColumn(
            "code",
            "file and function",
            Column("ENTRYPOINT", 20, share=2, most=48),
            text(lambda row: row.deployment.entrypoint),
        ),
        ListColumn(
            "folder", "where its code is", Column("FOLDER", 16, share=2, most=48), text(lambda row: row.deployment.path)
        ),
        ListColumn(
            "version", "its version", Column("VERSION", 8, share=1, most=20), text(lambda row: row.deployment.version)
        ),
        ListColumn(
            "pool",
            "the work pool",
            Column("POOL", 8, share=1, most=20),
            text(lambda row: row.deployment.work_pool_name),
            "pool",
        ),
        ListColumn(
            "queue",
            "the work queue",
            Column("QUEUE", 8, share=1, most=16),
            text(lambda row: row.deployment.work_queue_name),
        ),
        ListColumn(
            "limit",
            "how many runs at once",
            Column("LIMIT", 6, align="right"),
            number(lambda row: row.deployment.concurrency_limit),
        ),
        ListColumn(
            "about",
            "the first line about it",
            Column("ABOUT", 16, share=3, most=80),
            text(lambda row: first_line(row.deployment.description)),
        ),
        ListColumn(
            "created",
            "when it was made",
            Column("CREATED", 12, align="right"),
            when(lambda row: row.deployment.created),
        ),
        ListColumn(
            "updated",
            "when it was changed last",
            Column("UPDATED", 12, align="right"),
            when(lambda row: row.deployment.updated),
        ),
        ListColumn("parameters", "all parameters", Column("PARAMETERS", 16, share=3, most=60), text(_parameters)),
        ListColumn("id", "its id", Column("ID", 36), text(lambda row: row.deployment.id)),
    ),
    first=7,
    parameters=open_parameters,
)
"""What the list of deployments may show."""
