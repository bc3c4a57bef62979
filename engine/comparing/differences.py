"""What a comparison of two runs says. Values."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from flowtui.engine.model import FlowRun

__all__ = ["Change", "Comparison", "Difference", "Section", "in_order"]

Section = Literal["outcome", "parameters", "code", "packages", "blocks", "tasks", "log", "run"]
Change = Literal["changed", "new", "missing", "same"]
"""`new`: only the newer run has it. `missing`: only the older one had it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs, or that is shown as alike when all is asked for."""

    section: Section
    what: str
    """`limits.rows`, `commit`, `httpx`, `secret/api-key`, `get_stars-1`, or a template of log lines."""
    change: Change = "changed"
    before: Any = None
    """JSON for parameters, seconds for durations; else text. None on the side that has it not."""
    after: Any = None
    is_duration: bool = False
    weight: int = 0
    """How telling it is, up to 100. With 0 it is noise, or no difference at all, and shown when all is asked for."""
    task_run_id: str | None = None
    """The task run that it is about: of the newer run, unless only the older one had it."""
    level: int | None = None
    """Of a template: the level of its lines."""
    line: int | None = None
    """The first line of the log that it is about, of the same run."""

    @property
    def notable(self) -> bool:
        return self.weight > 0

    @property
    def in_older(self) -> bool:
        """Whether `task_run_id` and `line` are those of the older run."""
        return self.change == "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs, and what differs. Sections follow one another by their most telling difference, and so do differences
    within each."""

    older: FlowRun
    newer: FlowRun
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()
    """What could not be compared, or only in part: a sentence each."""

    @property
    def notable(self) -> tuple[Difference, ...]:
        return tuple(difference for difference in self.differences if difference.notable)


def in_order(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """By section, the one with the most telling difference first."""
    known = list(differences)
    heaviest: dict[str, int] = {}
    for each in known:
        heaviest[each.section] = max(heaviest.get(each.section, 0), each.weight)
    places = {section: place for place, section in enumerate(heaviest)}
    return tuple(sorted(known, key=lambda it: (-heaviest[it.section], places[it.section], -it.weight)))
