"""The list of flows: what a filter reads in it, and in which orders it comes. Pure."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from flowtui.engine.model import FlowRun
from flowtui.engine.query_lists import FLOWS
from flowtui.engine.query_rows import Reading
from flowtui.tui.flows.rows import FlowRow
from flowtui.tui.looks import badness_of, needs_a_look

__all__ = ["ORDERS", "READING"]

_START: Final = datetime.min.replace(tzinfo=UTC)


def _last(row: FlowRow) -> FlowRun | None:
    return row.figures.last if row.figures is not None else None


def _when(row: FlowRow) -> datetime | None:
    run = _last(row)
    return None if run is None else run.started_or_due


def _badness(row: FlowRow) -> int:
    run = _last(row)
    return -1 if row.bad is not None else badness_of(run.state if run is not None else None)


def _place(row: FlowRow) -> tuple[int, str, int]:
    """Those of the folder by file and line, then files that cannot be read, then those that the store alone knows."""
    if row.found is not None:
        return 0, row.found.file, row.found.line
    return (1, row.bad.file, 0) if row.bad is not None else (2, row.name, 0)


def _runs(row: FlowRow) -> int:
    return row.figures.runs if row.figures is not None else 0


def _usual(row: FlowRow) -> float | None:
    return row.figures.usual if row.figures is not None else None


ORDERS: Final[dict[str, Callable[[FlowRow], Any]]] = {
    "place": _place,
    "name": lambda row: row.name.lower(),
    "last": lambda row: _when(row) or _START,
    "state": _badness,
    "usual": lambda row: _usual(row) or 0.0,
    "runs": _runs,
}
"""What the list can be sorted by."""


def _words(row: FlowRow) -> Iterable[str]:
    """The words of `is:` that hold."""
    if row.bad is not None:
        yield "broken"
        return
    yield "here" if row.found is not None else "elsewhere"
    yield "deployed" if row.figures is not None and row.figures.deployments else "undeployed"
    if _last(row) is None:
        yield "never"


def _needs(row: FlowRow) -> Iterable[str]:
    run = _last(row)
    wrong = row.bad is not None or (run is not None and needs_a_look(run.state))
    return ("attention",) if wrong else ()


def _file(row: FlowRow) -> Iterable[str | None]:
    return (row.found.file if row.found else None, row.bad.file if row.bad else None)


def _deployments(row: FlowRow) -> Iterable[str]:
    names = row.figures.deployments if row.figures is not None else ()
    return (f"{row.name}/{name}" for name in names)


READING: Final[Reading[FlowRow]] = Reading(
    vocabulary=FLOWS,
    texts={
        "name": lambda row: (row.name,),
        "file": _file,
        "is": _words,
        "needs": _needs,
        "deployment": _deployments,
        "deployment-id": lambda row: (),
        "takes": lambda row: (row.found.signature if row.found else None,),
        "about": lambda row: (row.found.about if row.found else None,),
    },
    numbers={
        "runs": _runs,
        "usual": lambda row: None if (usual := _usual(row)) is None else round(usual * 1_000_000),
    },
    moments={"last": _when},
    state=lambda row: run.state if (run := _last(row)) is not None else None,
)
"""What a filter reads in a row."""
