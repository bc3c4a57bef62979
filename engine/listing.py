"""What lists of runs are made of: their order, their pages, how many runs there are, values to ask for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.query_terms import nearest

__all__ = ["MOST_SORTED", "NEWEST", "SORTS", "QueryValue", "RunPage", "RunSort", "Sort", "Total", "sort_of"]

MOST_SORTED: Final = 50_000
"""So many runs are sorted by what no index keeps; an index sorts any number."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One thing that runs are sorted by; a run without it comes before all others."""

    name: str
    about: str
    has_index: bool = False
    """The store keeps runs in this order, so that a page costs the same in a million."""


_ALL: Final = (
    Sort("start", "when it started, or is due", has_index=True),
    Sort("name", "the run's name", has_index=True),
    Sort("created", "when it was asked for", has_index=True),
    Sort("flow", "the flow's name"),
    Sort("state", "the state's name"),
    Sort("dur", "how long it ran"),
    Sort("end", "when it ended"),
    Sort("tasks", "how many task runs it has"),
    Sort("errors", "errors in its log"),
    Sort("warnings", "warnings in its log"),
    Sort("attempt", "how often it was started"),
    Sort("deployment", "the deployment's name"),
    Sort("pool", "the work pool"),
    Sort("queue", "the work queue"),
    Sort("worker", "who carries it out"),
)
SORTS: Final[Mapping[str, Sort]] = {sort.name: sort for sort in _ALL}
"""All of them by name; the first is the order of every list that says nothing else."""


@dataclass(frozen=True, slots=True)
class RunSort:
    """By what a list is sorted, and whether the greatest comes first. `str(sort)` is `-start` or `name`."""

    name: str = "start"
    descending: bool = True

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.name}"

    @property
    def what(self) -> Sort:
        """What is compared, of runs."""
        return SORTS[self.name]


NEWEST: Final = RunSort()
"""Newest first."""


def sort_of(text: str) -> RunSort:
    """The sort that `-start` or `name` stands for. Raises `UsageError`."""
    name = text.removeprefix("-")
    if name not in SORTS:
        near = nearest(name, SORTS)
        hint = f"did you mean {near}?" if near else f"use one of {', '.join(SORTS)}."
        raise UsageError(f"Runs are not sorted by {name!r} – {hint}")
    return RunSort(name, text.startswith("-"))


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs of a list, in its order, and the cursors to what stands before and after them; None at an end."""

    items: tuple[FlowRun, ...] = ()
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """How many runs there are; a guess when counting them all would cost too much."""

    number: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class QueryValue:
    """A value that a field of a query may have: how many runs have it where that is known, and what it is."""

    text: str
    count: int | None = None
    hint: str = ""
