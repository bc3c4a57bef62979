"""What the run has made for people to look at: a list, and the one under the cursor as it is meant to be seen."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from flowtui.engine.shared import ArtifactRecord
from flowtui.tui.formats import moment
from flowtui.tui.piping.records import Records
from flowtui.tui.run.artifact_lines import address_of, artifact_lines, kind_of, table_of, words_of
from flowtui.tui.run.handing_on import records_of_artifacts, records_of_table
from flowtui.tui.run.panes import RunPane
from flowtui.tui.run.seen import Seen
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.data_grid import DataGrid
from flowtui.tui.widgets.heading import Heading
from flowtui.tui.widgets.paint import Span, palette_of
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.strip_view import StripView
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["ArtifactsPane", "make"]

_COLUMNS: Final = (
    Column("TYPE", 8),
    Column("KEY", 14, share=2, most=36),
    Column("BY", 12, share=1, most=28, rank=2),
    Column("WHEN", 12, align="right", rank=1),
    Column("WHAT", 10, share=3),
)


class ArtifactsPane(RunPane):
    """The list above, the artifact below. Progress moves while the run makes it."""

    DEFAULT_CSS = """
    ArtifactsPane #artifact-rows { height: auto; min-height: 3; max-height: 40%; }
    ArtifactsPane.-none #artifact { display: none; }
    ArtifactsPane.-low #artifact-rows { height: 1fr; max-height: 100%; }
    ArtifactsPane #artifact { height: 1fr; border-top: solid $rule; }
    ArtifactsPane StripView, ArtifactsPane DataGrid { height: 1fr; display: none; }
    ArtifactsPane .-lines StripView { display: block; }
    ArtifactsPane .-table DataGrid { display: block; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "browse", "open in the browser", id="artifacts.browse"),
        Binding("y", "copy", "copy", id="artifacts.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._seen: Seen | None = None
        self._shown: tuple[object, int] | None = None

    def compose(self) -> Iterable[Widget]:
        yield VirtualTable(_COLUMNS, markable=False, id="artifact-rows")
        with Vertical(id="artifact", classes="detail"):
            yield Heading("", id="artifact-title")
            yield StripView()
            yield DataGrid()

    @property
    def main(self) -> VirtualTable:
        return self.query_one("#artifact-rows", VirtualTable)

    @property
    def artifact(self) -> ArtifactRecord | None:
        """The one under the cursor."""
        made = self._seen.artifacts if self._seen is not None else ()
        return next((one for one in made if one.id == self.main.cursor_id), None)

    def handed_on(self, seen: Seen) -> Records | None:
        """The table that has the keyboard, row by row; else the artifacts."""
        made = self.artifact
        table = records_of_table(seen.run, made) if made is not None and self.query_one(DataGrid).has_focus else None
        return table or (records_of_artifacts(seen.run, seen.artifacts) if seen.artifacts else None)

    def show_run(self, seen: Seen) -> None:
        self._seen = seen
        names = {task.id: task.name for task in seen.branches.all_tasks()}

        def cells(made: ArtifactRecord) -> list[Cell]:
            by = names.get(made.task_run_id or "", "the flow")
            when = moment(made.updated, seen.now, seen.zone)
            what: list[Span] = [(made.description or _gist(made), "muted")]
            return [[(kind_of(made), "text")], [(made.key or "", "strong")], [(by, "muted")], [(when, "muted")], what]

        self.set_class(not seen.artifacts, "-none")
        self.main.show(ItemRows(seen.artifacts, lambda made: made.id, cells), empty="This run has made no artifact.")
        self._show_one()

    def on_resize(self) -> None:
        super().on_resize()
        self._show_one()

    @on(VirtualTable.RowHighlighted, "#artifact-rows")
    def _show_one(self) -> None:
        made, width = self.artifact, max(self.size.width - 5, 10)
        if made is None or (made, width) == self._shown:
            return
        hold = self._shown is not None and isinstance(self._shown[0], ArtifactRecord) and self._shown[0].id == made.id
        self._shown = (made, width)
        key = made.key or made.type
        self.query_one("#artifact-title", Heading).show(key, made.description or "", "faint")
        table = table_of(made) if made.type == "table" else None
        self.query_one("#artifact").set_class(table is not None, "-table")
        self.query_one("#artifact").set_class(table is None, "-lines")
        self.refresh_bindings()
        if table is not None:
            self.query_one(DataGrid).show_table(*table)
        else:
            self._lay_out(made, width, hold)

    @work(group="lay-out", exclusive=True, exit_on_error=False)
    async def _lay_out(self, made: ArtifactRecord, width: int, hold: bool) -> None:
        lines = await asyncio.to_thread(artifact_lines, made, width, palette_of(self))
        self.query_one(StripView).show(lines, hold=hold)

    @on(VirtualTable.RowSelected, "#artifact-rows")
    def _chosen(self) -> None:
        """Enter opens a link in the browser, and else goes to what is shown, to scroll in it."""
        made = self.artifact
        if made is not None and address_of(made) is not None:
            self.action_browse()
        elif made is not None and made.type == "table" and table_of(made) is not None:
            self.read_detail(self.query_one(DataGrid))
        else:
            self.read_detail(self.query_one(StripView))

    def action_browse(self) -> None:
        """Open the address in the browser."""
        made = self.artifact
        address = address_of(made) if made is not None else None
        if address is not None:
            self.app.open_url(address)
            self.workstation.tell(f"Opened {address}")

    def action_copy(self) -> None:
        """Copy what the artifact holds."""
        if (made := self.artifact) is not None:
            self.app.copy_to_clipboard(str(made.data))
            self.workstation.tell("Copied.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "browse":
            made = self.artifact if self.is_mounted and self._seen is not None else None
            return made is not None and address_of(made) is not None
        return super().check_action(action, parameters)


def _gist(made: ArtifactRecord) -> str:
    """What it is, in a line."""
    data: Any = made.data
    if made.type == "progress" and isinstance(data, int | float):
        return f"{data:.0f} %"
    if made.type == "table":
        table = table_of(made)
        return f"{len(table[1])} rows, {len(table[0])} columns" if table is not None else ""
    if kind_of(made) in ("link", "image"):
        return words_of(made)
    first: Sequence[str] = str(data).strip().split("\n", 1)
    return first[0][:200].lstrip("# ")


make = ArtifactsPane
