"""Flows: the functions with `@flow` of the folder in which flowtui was started, and the flows that have run."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from flowtui.engine.deployments.surveying import Survey
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import Change
from flowtui.engine.overviews import FlowFigures
from flowtui.engine.query import Query
from flowtui.tui.flows.list import ORDERS, READING
from flowtui.tui.flows.rows import FlowRow, rows_of
from flowtui.tui.flows.watch import FolderWatch
from flowtui.tui.lists.bindings import list_bindings
from flowtui.tui.lists.rows_screen import RowsScreen
from flowtui.tui.text import safe
from flowtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from flowtui.tui.piping.records import Records

__all__ = ["FlowsScreen"]

_NONE: Final = (
    "No function with @flow in the Python files of {folder}.\n"
    "Write one and it appears here:  flowtui init  makes a first one;  or start flowtui in another folder."
)


class _Surveyed(Message):
    """The folder was looked through."""

    bubble = False

    def __init__(self, survey: Survey) -> None:
        super().__init__()
        self.survey = survey


class FlowsScreen(RowsScreen[FlowRow]):
    """The list follows the files and the store; the cursor stays on its flow."""

    LIST = "flows"
    PACE = 1.0
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "run", id="flows.run"),
        Binding("d", "deploy", "deploy", id="flows.deploy"),
        Binding("o", "source", "open source", id="flows.source"),
        *list_bindings("flows", marks=False, sort="O"),
    ]

    def __init__(self) -> None:
        self._survey: Survey | None = None
        self._figures: tuple[FlowFigures, ...] = ()
        super().__init__(READING, ORDERS)
        self._watch: FolderWatch | None = None

    def compose_body(self) -> Iterable[Widget]:
        yield from self.compose_filter("all flows of this folder · f filter")
        yield VirtualTable((), empty="looking for flows …", markable=False, id="flows")

    def on_mount(self) -> None:
        self._watch = FolderWatch(self.workstation.folder, self._tell)
        self._watch.start()

    def on_unmount(self) -> None:
        if self._watch is not None:
            self._watch.stop()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self._watch is not None:
            self._watch.wake()

    def on_screen_suspend(self) -> None:
        if self._watch is not None:
            self._watch.sleep()

    @property
    def table(self) -> VirtualTable:
        return self.query_one("#flows", VirtualTable)

    # -- reading ----------------------------------------------------------------------------------------------------

    def _tell(self, survey: Survey) -> None:
        """Called in the watch's thread. The loop may be gone already when the app ends."""
        with suppress(RuntimeError):
            self.post_message(_Surveyed(survey))

    @on(_Surveyed)
    def _surveyed(self, message: _Surveyed) -> None:
        self._survey = message.survey
        self.show_rows()

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in ("deployment", "flow-run") for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        await self.adopt()
        self._figures = await app.call(app.client.flow_figures)
        self.show_rows()

    # -- showing ----------------------------------------------------------------------------------------------------

    def all_rows(self) -> Sequence[FlowRow] | None:
        return None if self._survey is None else rows_of(self._survey, self._figures)

    def row_id(self, row: FlowRow) -> str:
        return row.id

    def nothing(self) -> str:
        return _NONE.format(folder=self.workstation.folder.name or "/")

    def records_of(self, rows: Sequence[FlowRow]) -> "Records":
        from flowtui.tui.piping.list_records import records_of_flows  # noqa: PLC0415 - only when they are handed on

        return records_of_flows(rows)

    # -- keys -------------------------------------------------------------------------------------------------------

    def _entrypoint(self) -> str | None:
        """That of the flow under the cursor, unless it is not of this folder: that is said then."""
        row = self.under_cursor()
        if row is None:
            return None
        if row.found is not None:
            return row.found.entrypoint
        if row.bad is not None:
            words = f"{row.bad.file}:{row.bad.line}: {row.bad.sentence}"
        else:
            words = f"{row.name} is in no file of this folder. Run one of its deployments (4), or start flowtui there."
        self.workstation.notify(safe(words), severity="warning", markup=False)
        return None

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        row = self.rows.get(message.row_id)
        if row is not None and row.bad is None:
            self.workstation.open_runs(str(Query.of(flow_name=row.name)))

    def action_run(self) -> None:
        """Run the flow under the cursor, in a process of its own, with the parameters that a form asks for."""
        if entrypoint := self._entrypoint():
            from flowtui.tui.screens.flow_run import FlowRunScreen  # noqa: PLC0415 - brings the forms with it

            self.app.push_screen(FlowRunScreen(entrypoint))

    def action_deploy(self) -> None:
        """Make a deployment of the flow under the cursor."""
        if entrypoint := self._entrypoint():
            from flowtui.tui.screens.flow_deploy import FlowDeployScreen  # noqa: PLC0415 - brings the forms with it

            self.app.push_screen(FlowDeployScreen(entrypoint))

    @work(group="source", exclusive=True, exit_on_error=False)
    async def action_source(self) -> None:
        """Open the file of the flow under the cursor in the editor; one that cannot be read, at its mistake."""
        from flowtui.tui.piping.opening import open_in_editor  # noqa: PLC0415 - only when it is wanted

        row, app = self.under_cursor(), self.workstation
        if row is None:
            return
        place = row.bad or row.found
        if place is None:
            app.tell(f"{row.name} is in no file of this folder.")
            return
        try:
            await open_in_editor(app, app.folder / place.file, place.line)
        except FlowtuiError as error:
            app.notify_error(error)
