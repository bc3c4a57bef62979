"""Schedule radar: when all fires in the week to come, whether the slots suffice, what a shift would change."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import Change, Deployment
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.words import describe
from flowtui.tui.formats import count
from flowtui.tui.radar.calendar import DAYS, Cell, calendar_from
from flowtui.tui.radar.deeds import move_deed
from flowtui.tui.radar.paint import COMING_COLUMNS, coming_cells, often_cells, pressure
from flowtui.tui.radar.picture import CellFigures, Coming, Picture, picture_of
from flowtui.tui.radar.plan import Plan, Planned, plan_of
from flowtui.tui.radar.shifting import shifted
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.heading import Heading
from flowtui.tui.widgets.lines import Lines
from flowtui.tui.widgets.paint import Span, Spans
from flowtui.tui.widgets.radar_grid import RadarGrid
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.title import Title
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["RadarScreen", "read_plan"]

_STEP: Final = 5
"""Minutes of one press of `<` or `>`."""
_PRESSED: Final = 3
"""Cells in which runs wait that are named below the calendar."""
_AFRESH: Final = 60.0
"""Seconds after which the forecast is made again: the present has moved on."""
_PAGE: Final = 200
_MOST: Final = 2_000
"""Deployments that are looked at."""


@dataclass(frozen=True, slots=True)
class _Shift:
    """A schedule that is being moved, and not saved yet."""

    planned: Planned
    minutes: int
    moved: Schedule

    @property
    def words(self) -> str:
        return f"{self.planned.deployment} {self.minutes:+d} min"


Row = Coming | int
"""A run to come, or the number of a schedule that fires too often to be listed."""


class RadarScreen(ShellScreen):
    """The cursor's cell lists its runs; `<` and `>` move the schedule of one of them and show what would come of it."""

    DEFAULT_CSS = """
    RadarScreen #pressure { margin: 1 0; }
    RadarScreen #coming { height: 1fr; min-height: 3; }
    RadarScreen.-short #pressure { display: none; }
    RadarScreen.-short #coming { min-height: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("less_than_sign", "shift(-1)", "5 min earlier", key_display="<", id="radar.earlier"),
        Binding("greater_than_sign", "shift(1)", "5 min later", key_display=">", id="radar.later"),
        Binding("enter", "save", "save", id="radar.save"),
        Binding("enter", "list", "its runs", id="radar.list"),
        Binding("n", "pressed", "next queue", id="radar.next"),
        Binding("left_square_bracket", "week(-1)", "week before", show=False, id="radar.week-before"),
        Binding("right_square_bracket", "week(1)", "next week", show=False, id="radar.week-after"),
        Binding("escape", "back", "back", id="radar.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._plan: Plan | None = None
        self._picture: Picture | None = None
        self._shift: _Shift | None = None
        self._held: str | None = None
        """The schedule that is or was moved: the cursor of the list stays on it."""
        self._weeks = 0
        self._rows: ItemRows[Row] = self._rows_for(())

    def compose_body(self) -> Iterable[Widget]:
        yield Title()
        yield RadarGrid(self.workstation.now, id="grid")
        yield Lines(id="pressure")
        yield Heading("", id="cell")
        yield VirtualTable(COMING_COLUMNS, markable=False, quiet=True, header=False, empty="…", id="coming")

    def on_mount(self) -> None:
        self._grid.focus()
        self.set_interval(_AFRESH, self._forecast)
        now = self.workstation.now().astimezone(self.workstation.zone)
        self._grid.go_to(Cell(0, (now.hour * 60 + now.minute) // 15), 15)

    @property
    def _grid(self) -> RadarGrid:
        return self.query_one(RadarGrid)

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#coming", VirtualTable)

    # -- reading and reckoning ----------------------------------------------------------------------------------------

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in ("deployment", "work-pool", "work-queue") for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        self._plan = await app.call(read_plan, app.client)
        self._forecast()

    def zone_changed(self) -> None:
        super().zone_changed()
        self._forecast()

    @on(RadarGrid.Resized)
    def _forecast(self) -> None:
        if self._plan is not None and self.is_attached:
            self._reckon(self._plan, self._shift)

    @work(group="reckon", exclusive=True, exit_on_error=False)
    async def _reckon(self, plan: Plan, shift: _Shift | None) -> None:
        """In a thread; of several forecasts that were asked for only the last is shown."""
        app, zone, now = self.workstation, _named(self.workstation.zone), self.workstation.now()
        first = now.astimezone(zone).date() + timedelta(days=DAYS * self._weeks)
        picture = await app.call(_picture, _with(plan, shift), first, zone, self._grid.minutes, now)
        if self.is_attached:
            self._picture = picture
            self._show()

    # -- showing ----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        picture = self._picture
        if picture is None:
            return
        self._grid.show(picture, self._marked(picture))
        self._show_title(picture)
        self.query_one("#pressure", Lines).show(_pressure_lines(picture))
        self._show_cell()
        self.refresh_bindings()

    def _marked(self, picture: Picture) -> frozenset[Cell]:
        """Where the schedule that is being moved fires."""
        if self._shift is None:
            return frozenset()
        mine = self._shift.planned.schedule_id
        return frozenset(
            cell
            for cell, figures in picture.cells.items()
            if any(picture.plan.planned[coming.fire.source].schedule_id == mine for coming in figures.coming)
        )

    def _show_title(self, picture: Picture) -> None:
        fires = sum(figures.count for figures in picture.cells.values())
        about = "≈" if picture.expansion.dense else ""
        schedules = len(picture.plan.planned)
        spans: list[Span] = [
            ("Schedule radar", "bold strong"),
            (f"   {count(schedules)} {'schedule' if schedules == 1 else 'schedules'}", "muted"),
        ]
        spans.append((f"   {about}{count(round(fires))} runs in the week", "muted"))
        note: list[Span] = []
        if self._shift is not None:
            note = [
                (self._shift.words, "accent"),
                (f"   {describe(self._shift.moved)}   ", "text"),
                ("not saved", "late"),
            ]
        elif left := len(picture.expansion.left_out):
            note = [(f"{count(left)} schedules are more than can be reckoned with", "late")]
        elif picture.plan.paused:
            note = [(f"{count(picture.plan.paused)} paused deployments are left out", "faint")]
        self.query_one(Title).show(spans, note)

    @on(RadarGrid.Moved)
    def _moved(self) -> None:
        if self._shift is None:
            self._held = None
        self._show_cell()
        if self._held is None:
            self._table.action_move_to(0)  # and not on what fires all the time, which is in the list of every cell

    def _show_cell(self) -> None:
        picture = self._picture
        if picture is None or picture.calendar.minutes != self._grid.minutes:
            return
        cell = self._grid.cell
        figures = picture.cells.get(cell) or CellFigures()
        self._rows = self._rows_for((*sorted(figures.coming, key=lambda one: one.fire.at), *figures.often))
        self._table.show(self._rows, empty=_nothing(picture, cell))
        if self._held is not None:
            keys = [self._key(row) for row in self._rows.items]
            self._table.move_to_id(next((key for key in keys if key.startswith(self._held)), ""))
        runs = f"{count(round(figures.count))} run{'' if round(figures.count) == 1 else 's'}"
        twice = "   the clock shows this time twice" if len(picture.calendar.spans_of(cell)) > 1 else ""
        self.query_one("#cell", Heading).show(
            picture.calendar.label(cell), f"{runs}   {figures.need} at once{twice}" if figures.count else "", "text"
        )

    def _rows_for(self, rows: tuple[Row, ...]) -> ItemRows[Row]:
        return ItemRows(rows, self._key, self._cells)

    def _key(self, row: Row) -> str:
        picture = self._picture
        if picture is None:
            return ""
        if isinstance(row, int):
            return picture.plan.planned[row].schedule_id
        return f"{picture.plan.planned[row.fire.source].schedule_id}@{row.fire.at}"

    def _cells(self, row: Row) -> list:  # type: ignore[type-arg]
        picture = self._picture
        assert picture is not None, "rows are made from a picture"
        if isinstance(row, int):
            return often_cells(picture, CellFigures(), row)
        return coming_cells(picture, row, picture.calendar.zone)

    # -- keys -------------------------------------------------------------------------------------------------------

    def _subject(self) -> Planned | None:
        """The schedule that is being moved, else that of the run under the cursor of the list."""
        if self._shift is not None:
            return self._shift.planned
        row, picture = self._rows.get(self._table.cursor_id), self._picture
        if row is None or picture is None:
            return None
        return picture.plan.planned[row if isinstance(row, int) else row.fire.source]

    def action_shift(self, direction: int) -> None:
        """Move the schedule of the run under the cursor by five minutes, and show what would come of it."""
        planned = self._subject()
        if planned is None or self._plan is None:
            return
        minutes = (self._shift.minutes if self._shift else 0) + direction * _STEP
        original = next(one for one in self._plan.planned if one.schedule_id == planned.schedule_id)
        try:
            moved = shifted(original.schedule, minutes)
        except FlowtuiError as error:
            self.workstation.notify_error(error)
            return
        self._held = original.schedule_id
        self._follow(original, direction)
        self._shift = _Shift(original, minutes, moved) if minutes else None
        self._forecast()

    def _follow(self, planned: Planned, direction: int) -> None:
        """Let the cursor go with the run that moves."""
        picture = self._picture
        for row in self._rows.items:
            if picture is None or isinstance(row, int):
                continue
            if picture.plan.planned[row.fire.source].schedule_id == planned.schedule_id:
                then = datetime.fromtimestamp(row.fire.at, UTC) + timedelta(minutes=direction * _STEP)
                cell = picture.calendar.cell_at(then)
                if cell is not None and cell != self._grid.cell:
                    self._grid.go_to(cell, picture.calendar.minutes)
                return

    @work(group="save", exclusive=True, exit_on_error=False)
    async def action_save(self) -> None:
        """Save the schedule where it has been moved to."""
        shift, app = self._shift, self.workstation
        if shift is None:
            return
        if await app.acting.perform(move_deed(shift.planned, shift.moved)) is not None:
            self._shift = None
            self.request_load()

    def action_list(self) -> None:
        """Go to the list of the runs of this time."""
        self._table.focus()

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        """Enter in the list saves, too, while something is moved; else it opens the deployment."""
        if self._shift is not None:
            self.action_save()
        elif (planned := self._subject()) is not None:
            self.workstation.open_deployment(planned.deployment_id)

    def action_pressed(self) -> None:
        """Go to the next cell in which runs wait, the worst first."""
        picture = self._picture
        pressed = picture.pressed if picture is not None else []
        if picture is None or not pressed:
            self.workstation.tell("Every run of this week finds a slot at once.")
            return
        here = self._grid.cell
        number = pressed.index(here) + 1 if here in pressed else 0
        self._grid.go_to(pressed[number % len(pressed)], picture.calendar.minutes)

    def action_week(self, by: int) -> None:
        """Look a week further, or back as far as the present one."""
        self._weeks = min(max(self._weeks + by, 0), 52)
        self._forecast()

    def action_back(self) -> None:
        """Take back what was moved and not saved, or close."""
        if self._shift is not None:
            self._shift = None
            self._forecast()
        else:
            self.workstation.action_up()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "save":
            return self._shift is not None
        if action == "list":
            return self._shift is None and not isinstance(self.focused, VirtualTable)
        return True


def _pressure_lines(picture: Picture) -> list[Spans]:
    pressed = picture.pressed
    if not picture.plan.planned:
        return [[("No deployment has a schedule that is on.  4 shows the deployments.", "muted")]]
    if not pressed:
        return [[("✔ ", "completed"), ("every run of this week finds a slot at once", "muted")]]
    lines: list[Spans] = [pressure(picture, cell) for cell in pressed[:_PRESSED]]
    if len(pressed) > _PRESSED:
        lines[-1] = [*lines[-1], (f"   and {len(pressed) - _PRESSED} more: n", "faint")]
    return lines


def _nothing(picture: Picture, cell: Cell) -> str:
    if not picture.calendar.spans_of(cell):
        return "This time does not exist: clocks go forward here."
    return "Nothing fires in this time."


def _with(plan: Plan, shift: _Shift | None) -> Plan:
    """The plan as it would be with the shift."""
    if shift is None:
        return plan
    planned = tuple(
        replace(one, schedule=shift.moved) if one.schedule_id == shift.planned.schedule_id else one
        for one in plan.planned
    )
    return replace(plan, planned=planned)


def _picture(plan: Plan, first: date, zone: tzinfo, minutes: int, now: datetime) -> Picture:
    return picture_of(plan, calendar_from(first, zone, minutes), now)


def _named(zone: tzinfo | None) -> tzinfo:
    """The zone of the display, with its changes of the clock: None is the local one, which knows them by its name."""
    if zone is not None:
        return zone
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - loaded with the schedules already

    from flowtui.tui.flows.deploying import local_zone  # noqa: PLC0415 - only for the radar

    return ZoneInfo(local_zone(None))


def read_plan(client: Client) -> Plan:
    """What the forecast is made from: deployments, pools and queues, and how long flows usually take."""
    deployments: list[Deployment] = []
    after: str | None = None
    while len(deployments) < _MOST:
        page = client.list_deployments(limit=_PAGE, after=after)
        deployments.extend(page.items)
        after = page.next
        if after is None:
            break
    scheduled = [deployment for deployment in deployments if any(one.active for one in deployment.schedules)]
    names = sorted({deployment.flow_name for deployment in scheduled})
    figures = client.flow_figures(names, limit=len(names)) if names else ()
    pools = client.list_work_pools()
    queues = [queue for pool in pools for queue in client.list_work_queues(pool.name)]
    return plan_of(scheduled, figures, pools, queues)
