"""How the radar looks: a line for each day, a column for each part of it, and sentences about what will wait. Pure."""

import math
from collections.abc import Set
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from flowtui.engine.schedules.words import describe
from flowtui.tui.formats import count, duration
from flowtui.tui.radar.calendar import Cell
from flowtui.tui.radar.picture import CellFigures, Coming, Picture
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell as TableCell

__all__ = [
    "COMING_COLUMNS",
    "LABEL",
    "coming_cells",
    "day_line",
    "hours_line",
    "minutes_for",
    "often_cells",
    "pressure",
]

LABEL: Final = 13
"""Cells before the first column: the day."""
COMING_COLUMNS: Final = (
    Column("TIME", 8),
    Column("DEPLOYMENT", 18, share=2, most=40),
    Column("SCHEDULE", 16, share=3, most=48, rank=1),
    Column("USUALLY", 8, align="right"),
    Column("BEGINS", 15, align="right"),
)
_HEIGHTS: Final = " ▁▂▃▄▅▆▇█"
_QUARTERS: Final = 24 * 4


def minutes_for(width: int) -> tuple[int, int]:
    """Minutes of a column, and its cells, for a chart of that width."""
    room = width - LABEL - 2
    for minutes in (15, 30, 60):
        slots = 24 * 60 // minutes
        if room >= slots:
            return minutes, room // slots
    return 120, 1


def hours_line(minutes: int, cells: int, now_slot: int | None) -> list[Span]:
    """The hours above the columns; `▾` is the present one."""
    per_hour = 60 * cells // minutes if minutes <= 60 else 1
    every = next(hours for hours in (1, 2, 3, 4, 6, 12) if hours * 60 * cells / minutes >= 5)
    line = [" "] * (24 * 60 // minutes * cells + 3)
    for hour in range(0, 24, every):
        at = hour * 60 // minutes * cells
        line[at : at + 2] = f"{hour:02d}"
    spans: list[Span] = [(" " * LABEL, "")]
    if now_slot is None or per_hour == 0:
        return [*spans, ("".join(line).rstrip(), "faint")]
    at = now_slot * cells
    return [*spans, ("".join(line[:at]), "faint"), ("▾", "accent"), ("".join(line[at + 1 :]).rstrip(), "faint")]


def day_line(
    picture: Picture, day: int, row: int, rows: int, cells: int, now: datetime, *, marked: Set[Cell], cursor: int | None
) -> list[Span]:
    """One of the `rows` lines of a day; row 0 is the top. `marked` are the cells of the schedule that moves."""
    calendar = picture.calendar
    first = calendar.first + timedelta(days=day)
    today = now.astimezone(calendar.zone).date() == first
    label = f"{first:%a} {first.day:>2} {first:%b}" if row == rows - 1 else ""
    spans: list[Span] = [(f"  {label:<{LABEL - 2}}", "strong" if today else "muted")]
    existing = {owner.slot for owner in calendar.owners if owner.day == day}
    over = now.timestamp()
    for slot in range(calendar.slots):
        cell = Cell(day, slot)
        if slot not in existing:
            text, role = "╳" if row == rows - 1 else " ", "faint"
        else:
            text, role = _mark(picture, cell, row, rows, past=_is_past(picture, cell, over))
            role = "accent" if cell in marked and text.strip("· ") else role
        if slot == cursor:
            role = "accent on-marked" if cell in picture.cells else "on-accent"
        spans.append((text * cells if text in _HEIGHTS else f"{text:<{cells}}", role))
    return spans


def _is_past(picture: Picture, cell: Cell, now: float) -> bool:
    spans = picture.calendar.spans_of(cell) if cell not in picture.cells else []
    return bool(spans) and spans[-1][1] <= now


def _mark(picture: Picture, cell: Cell, row: int, rows: int, *, past: bool) -> tuple[str, str]:
    figures = picture.cells.get(cell)
    on_hour = cell.slot * picture.calendar.minutes % 60 == 0
    if figures is None or not (figures.count or figures.need):
        return ("·" if on_hour and row == rows - 1 and not past else " "), "ghost"
    if not figures.coming:  # what fires all the time is a line along the bottom, from which the rest stands out
        return ("▁" if row == rows - 1 else " "), "faint"
    levels = rows * 8
    level = max(math.ceil(figures.need / max(picture.highest, 1) * levels), 2)
    here = min(max(level - (rows - 1 - row) * 8, 0), 8)
    return _HEIGHTS[here], "late" if figures.wait >= 1 else "scheduled"


def pressure(picture: Picture, cell: Cell) -> list[Span]:
    """`02:00 needs 14 slots, pool k8s has 8 → 22m queue`."""
    figures = picture.cells[cell]
    lane = figures.lane
    spans: list[Span] = [("⌛ ", "late"), (picture.calendar.label(cell), "strong")]
    if lane is None:
        return spans
    limit = picture.plan.limits[lane]
    name = "the deployment" if lane.kind == "deployment" else f"{lane.kind} {lane.name}"
    if limit == 0 and math.isinf(figures.wait):
        return [*spans, (f"   {name} takes no runs: they wait until it does", "text")]
    if figures.lane_need > limit:
        spans.append((f"   needs {figures.lane_need} slots, {name} has {limit}", "text"))
    else:
        spans.append((f"   {name} is still busy with earlier runs", "text"))
    wait = "they never begin" if math.isinf(figures.wait) else f"{duration(figures.wait)} queue"
    return [*spans, (f"  → {wait}", "late")]


def coming_cells(picture: Picture, coming: Coming, zone: tzinfo | None) -> list[TableCell]:
    """One cell for each of `COMING_COLUMNS`."""
    one = picture.plan.planned[coming.fire.source]
    local = datetime.fromtimestamp(coming.fire.at, UTC).astimezone(zone)
    return [
        [(f"{local:%H:%M:%S}", "scheduled")],
        [(one.deployment, "strong")],
        [(describe(one.schedule), "muted")],
        [(duration(one.seconds) if one.known else "unknown", "muted" if one.known else "faint")],
        _begins(coming),
    ]


def _begins(coming: Coming) -> list[Span]:
    if math.isinf(coming.wait):
        return [("never", "late")]
    return [(f"{duration(coming.wait)} later", "late")] if coming.wait >= 1 else [("at once", "muted")]


def often_cells(picture: Picture, figures: CellFigures, source: int) -> list[TableCell]:
    """The row of a schedule that fires too often to be listed one by one."""
    one = picture.plan.planned[source]
    dense = next(dense for dense in picture.expansion.dense if dense.source == source)
    runs = dense.per_second * picture.calendar.minutes * 60
    return [
        [(f"≈{count(round(runs))}×", "scheduled")],
        [(one.deployment, "strong")],
        [(describe(one.schedule), "muted")],
        [(duration(one.seconds) if one.known else "unknown", "muted" if one.known else "faint")],
        [("counted by rate", "faint")],
    ]
