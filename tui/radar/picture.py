"""The forecast on the calendar: in each cell how many runs come, which slots they need, how long they wait. Pure."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flowtui.tui.radar.calendar import Calendar, Cell
from flowtui.tui.radar.expanding import Expansion, Fire, expand
from flowtui.tui.radar.forecast import Held, Job, peaks, simulate
from flowtui.tui.radar.plan import Lane, Plan

__all__ = ["CellFigures", "Coming", "Picture", "picture_of"]


@dataclass(frozen=True, slots=True)
class Coming:
    """A run to come, and when it would begin."""

    fire: Fire
    start: float

    @property
    def wait(self) -> float:
        return self.start - self.fire.at


@dataclass(slots=True)
class CellFigures:
    """One cell of the calendar."""

    coming: list[Coming] = field(default_factory=list)
    often: list[int] = field(default_factory=list)
    """Schedules that fire too often to be listed one by one."""
    count: float = 0.0
    """Fires, with those that are only counted by their rate."""
    need: int = 0
    """Runs at once, at the most, if nothing were limited."""
    wait: float = 0.0
    """Seconds that a run waits longest; infinity when it never begins."""
    lane: Lane | None = None
    """What it waits for."""
    lane_need: int = 0
    """Slots of that lane that are needed at once."""


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    calendar: Calendar
    plan: Plan
    expansion: Expansion
    cells: Mapping[Cell, CellFigures]
    highest: int
    """The largest need of a cell."""

    @property
    def pressed(self) -> list[Cell]:
        """The cells in which runs wait, those that wait longest first."""
        found = [cell for cell, figures in self.cells.items() if figures.wait >= 1]
        return sorted(found, key=lambda cell: (-self.cells[cell].wait, cell.day, cell.slot))


def picture_of(plan: Plan, calendar: Calendar, now: datetime) -> Picture:
    """The week of the calendar, from now on."""
    expansion = expand(plan.planned, calendar, now)
    cells: dict[Cell, CellFigures] = defaultdict(CellFigures)
    held = _held(plan, expansion, calendar)
    jobs = [_job(plan, fire) for fire in expansion.fires]
    starts = simulate(jobs, plan.limits, held)
    for fire, start in zip(expansion.fires, starts, strict=True):
        span = calendar.span_at(fire.at)
        if span is not None:
            figures = cells[calendar.owners[span]]
            figures.coming.append(Coming(fire, start))
            figures.count += 1
    _count_dense(expansion, calendar, cells)
    needs = _needs(plan, expansion, held, calendar)
    for span, owner in enumerate(calendar.owners):
        if needs[None][span]:
            cells[owner].need = max(cells[owner].need, needs[None][span])
    spans: dict[Cell, list[int]] = defaultdict(list)
    for number, owner in enumerate(calendar.owners):
        spans[owner].append(number)
    for cell, figures in cells.items():
        _say_wait(plan, needs, spans[cell], figures)
    highest = max((figures.need for figures in cells.values()), default=0)
    return Picture(calendar, plan, expansion, dict(cells), highest)


def _job(plan: Plan, fire: Fire) -> Job[Lane]:
    one = plan.planned[fire.source]
    return Job(fire.at, one.seconds, one.lanes, one.priority)


def _held(plan: Plan, expansion: Expansion, calendar: Calendar) -> list[Held[Lane]]:
    """What schedules that count with their rate take of each lane: what they need on average, rounded up."""
    found: list[Held[Lane]] = []
    for dense in expansion.dense:
        one = plan.planned[dense.source]
        slots = math.ceil(dense.per_second * one.seconds)
        for span, fires in enumerate(dense.spans):
            if fires:
                start, end = calendar.edges[span], calendar.edges[span + 1]
                found.extend(Held(lane, start, end, slots) for lane in one.lanes)
    return found


def _count_dense(expansion: Expansion, calendar: Calendar, cells: dict[Cell, CellFigures]) -> None:
    for dense in expansion.dense:
        for span, fires in enumerate(dense.spans):
            if fires:
                figures = cells[calendar.owners[span]]
                figures.count += dense.per_second * (calendar.edges[span + 1] - calendar.edges[span])
                if dense.source not in figures.often:
                    figures.often.append(dense.source)


def _needs(
    plan: Plan, expansion: Expansion, held: Sequence[Held[Lane]], calendar: Calendar
) -> dict[Lane | None, list[int]]:
    """Slots that would be needed at once in each span, of each lane with a limit, and of all (None)."""
    intervals: dict[Lane | None, list[tuple[float, float, int]]] = {None: [], **{lane: [] for lane in plan.limits}}
    for fire in expansion.fires:
        one = plan.planned[fire.source]
        interval = (fire.at, fire.at + max(one.seconds, 0.001), 1)
        intervals[None].append(interval)
        for lane in one.lanes:
            if lane in plan.limits:
                intervals[lane].append(interval)
    for taken in held:
        interval = (taken.start, taken.end, taken.slots)
        if taken.lane.kind == "deployment":  # each run is in the lane of its own deployment, so this counts it once
            intervals[None].append(interval)
        if taken.lane in plan.limits:
            intervals[taken.lane].append(interval)
    return {lane: peaks(found, calendar.edges) for lane, found in intervals.items()}


def _say_wait(plan: Plan, needs: Mapping[Lane | None, list[int]], spans: Sequence[int], figures: CellFigures) -> None:
    """How long a run of the cell with these spans waits longest, and for which lane."""
    longest = max(figures.coming, key=lambda coming: coming.wait, default=None)
    if longest is None or longest.wait < 1:
        return
    figures.wait = longest.wait
    lanes = [lane for lane in plan.planned[longest.fire.source].lanes if lane in plan.limits]
    needed = {lane: max(needs[lane][span] for span in spans) for lane in lanes}
    tight = [lane for lane in lanes if needed[lane] > plan.limits[lane]]
    figures.lane = (tight or lanes)[0]
    figures.lane_need = needed[figures.lane]
