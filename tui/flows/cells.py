"""How a flow looks in the list of flows. Pure."""

from datetime import datetime
from typing import Final

from flowtui.engine.overviews import FlowFigures
from flowtui.tui.flows.rows import FlowRow
from flowtui.tui.formats import ago, count, duration
from flowtui.tui.run_cells import state_spans
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["FLOW_COLUMNS", "flow_cells"]

FLOW_COLUMNS: Final = (
    Column("FLOW", 16, share=2, most=32),
    Column("WHERE", 16, share=2, most=36, rank=3),
    Column("PARAMETERS", 16, share=4, most=64, rank=2),
    Column("LAST RUN", 17),
    Column("RUNS", 7, align="right", rank=5),
    Column("USUALLY", 7, align="right", rank=1),
    Column("DEPLOYMENTS", 11, share=1, most=24, rank=4),
)


def flow_cells(row: FlowRow, now: datetime) -> list[Cell]:
    """One cell for each of `FLOW_COLUMNS`."""
    if row.bad is not None:
        where: list[Span] = [(f"{row.bad.file}:{row.bad.line}", "failed")]
        name, kind = [(f"✖ {row.bad.file}", "failed")], [("not Python", "failed")]
        return [name, where, [(row.bad.sentence, "text")], kind, "", "", ""]
    figures = row.figures or FlowFigures(name=row.name)
    return [
        [(row.name, "strong" if row.found else "text")],
        [(f"{row.found.file}:{row.found.line}", "muted") if row.found else ("not in this folder", "faint")],
        _parameters(row),
        _last(figures, now),
        _runs(figures),
        [(duration(figures.usual), "muted")],
        _deployments(figures),
    ]


def _parameters(row: FlowRow) -> list[Span]:
    if row.found is None:
        return []
    return [(row.found.signature, "text")] if row.found.signature else [("none", "faint")]


def _runs(figures: FlowFigures) -> list[Span]:
    if not figures.runs:
        return [("–", "faint")]
    return [(f"{count(figures.runs)}{'+' if figures.more else ''}", "muted")]


def _last(figures: FlowFigures, now: datetime) -> list[Span]:
    run = figures.last
    if run is None:
        return [("never", "faint")]
    when = run.end_time or run.start_time or run.expected_start_time or run.created
    return [*state_spans(run.state), (f" {ago(when, now)}", "muted")]


def _deployments(figures: FlowFigures) -> list[Span]:
    names = figures.deployments
    if not names:
        return [("–", "faint")]
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return [(f"{names[0]}{more}", "muted")]
