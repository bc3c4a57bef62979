"""The columns that the list of flows may have. Pure."""

from collections.abc import Callable
from typing import Final

from flowtui.engine.deployments.finder import FoundFlow
from flowtui.engine.model import FlowRun
from flowtui.engine.overviews import FlowFigures
from flowtui.tui.flows.rows import FlowRow
from flowtui.tui.formats import count, duration
from flowtui.tui.lists.columns import At, ListColumn, ListColumns
from flowtui.tui.run_cells import duration_spans, ended_spans, started_spans, state_spans
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["COLUMNS"]


def _name(row: FlowRow, _: At) -> list[Span]:
    if row.bad is not None:
        return [(f"✖ {row.bad.file}", "failed")]
    return [(row.name, "strong" if row.found else "text")]


def _place(row: FlowRow, _: At) -> list[Span]:
    if row.bad is not None:
        return [(f"{row.bad.file}:{row.bad.line}", "failed")]
    return [(f"{row.found.file}:{row.found.line}", "muted") if row.found else ("not in this folder", "faint")]


def _takes(row: FlowRow, _: At) -> list[Span]:
    if row.bad is not None:
        return [(row.bad.sentence, "text")]
    if row.found is None:
        return []
    return [(row.found.signature, "text")] if row.found.signature else [("none", "faint")]


def _last(row: FlowRow, at: At) -> list[Span]:
    if row.bad is not None:
        return [("not Python", "failed")]
    run = _last_of(row)
    return [("never", "faint")] if run is None else ended_spans(run, at.now)


def _last_of(row: FlowRow) -> FlowRun | None:
    return row.figures.last if row.figures is not None else None


def _known(paint: Callable[[FlowFigures], Cell]) -> Callable[[FlowRow, At], Cell]:
    """A cell of what the store knows of it; of a file that cannot be read, there is nothing to know."""
    return lambda row, _: "" if row.bad is not None else paint(row.figures or FlowFigures(name=row.name))


def _runs(figures: FlowFigures) -> list[Span]:
    if not figures.runs:
        return [("–", "faint")]
    return [(f"{count(figures.runs)}{'+' if figures.more else ''}", "muted")]


def _deployments(figures: FlowFigures) -> list[Span]:
    names = figures.deployments
    if not names:
        return [("–", "faint")]
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return [(f"{names[0]}{more}", "muted")]


def _of_last(paint: Callable[[FlowRun, At], Cell]) -> Callable[[FlowRow, At], Cell]:
    """A cell of its last run; nothing when it never ran."""
    return lambda row, at: paint(run, at) if (run := _last_of(row)) is not None else ""


def _of_code(get: Callable[[FoundFlow], str]) -> Callable[[FlowRow, At], Cell]:
    """A cell of where it stands in the folder; nothing when it does not."""
    return lambda row, _: [(get(row.found), "muted")] if row.found is not None else ""


def _file(row: FlowRow, _: At) -> Cell:
    place = row.bad or row.found
    return [(place.file, "muted" if row.bad is None else "failed")] if place is not None else ""


def _module(found: FoundFlow) -> str:
    """`jobs.etl`, as an import would name it."""
    return found.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


COLUMNS: Final[ListColumns[FlowRow, At]] = ListColumns(
    (
        ListColumn("name", "its name", Column("FLOW", 16, share=2, most=32), _name, "name"),
        ListColumn("place", "file and line", Column("WHERE", 16, share=2, most=36, rank=3), _place, "place"),
        ListColumn("takes", "its parameters", Column("PARAMETERS", 16, share=4, most=64, rank=2), _takes),
        ListColumn("last", "its last run", Column("LAST RUN", 17), _last, "last", timed=True),
        ListColumn("runs", "how often it ran", Column("RUNS", 7, align="right", rank=5), _known(_runs), "runs"),
        ListColumn(
            "usual",
            "how long it usually takes",
            Column("USUALLY", 7, align="right", rank=1),
            _known(lambda figures: [(duration(figures.usual), "muted")]),
            "usual",
        ),
        ListColumn(
            "deployments",
            "its deployments",
            Column("DEPLOYMENTS", 11, share=1, most=24, rank=4),
            _known(_deployments),
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
            "tags",
            "the tags of its last run",
            Column("TAGS", 11, share=1, most=24),
            _of_last(lambda run, _: [(" ".join(run.tags), "muted")]),
        ),
        ListColumn(
            "version",
            "the version that ran last",
            Column("VERSION", 8, share=1, most=20),
            _of_last(lambda run, _: [(run.flow_version or "", "muted")]),
        ),
        ListColumn("file", "its file", Column("FILE", 16, share=2, most=40), _file),
        ListColumn("module", "its module", Column("MODULE", 16, share=2, most=40), _of_code(_module)),
        ListColumn(
            "function",
            "its function",
            Column("FUNCTION", 12, share=1, most=28),
            _of_code(lambda found: found.function),
        ),
        ListColumn(
            "code",
            "file and function",
            Column("ENTRYPOINT", 20, share=2, most=48),
            _of_code(lambda found: found.entrypoint),
        ),
        ListColumn(
            "about",
            "the first line about it",
            Column("ABOUT", 16, share=3, most=80),
            _of_code(lambda found: found.about),
        ),
    ),
    first=7,
)
"""What the list of flows may show."""
