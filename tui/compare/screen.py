"""What changed between two runs: only what differs, most telling first."""

from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.strip import Strip
from textual.widget import Widget

from flowtui.engine.comparing.differences import Comparison
from flowtui.engine.comparing.reading import compare_runs
from flowtui.engine.model import Change, FlowRun
from flowtui.tui.compare.external import differ, show_both
from flowtui.tui.compare.rows import COLUMNS, ChangeRow, change_cells, change_rows, compare_title, detail_lines
from flowtui.tui.formats import count
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.title import Title
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["CompareScreen"]

_DETAIL: Final = 7
_LONG: Final = 5_000
"""Lines of both logs from which on they are compared after all else: that takes longer than a tenth of a second."""


class _Detail(Widget):
    """The row under the cursor, in full."""

    DEFAULT_CSS = f"_Detail {{ height: {_DETAIL}; }}"

    def __init__(self) -> None:
        super().__init__()
        self._row: ChangeRow | None = None

    def show(self, row: ChangeRow | None) -> None:
        if row != self._row:
            self._row = row
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        lines = detail_lines(self._row, width, self.size.height)
        return strip_of(fit(lines[y] if y < len(lines) else [], width), palette_of(self), self.rich_style, width)


class CompareScreen(ShellScreen):
    """Compares a run with an older one, or with the last run that went well before it. A run that has not ended is
    compared again when it has."""

    DEFAULT_CSS = """
    CompareScreen #changes { height: 1fr; }
    CompareScreen _Detail { border-top: solid $rule; }
    CompareScreen.-short _Detail { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "everything", "all", id="compare.all"),
        Binding("n", "open_side('newer')", "newer run", show=False, id="compare.newer"),
        Binding("p", "open_side('older')", "older run", show=False, id="compare.older"),
        Binding("e", "differ", "external diff", id="compare.differ"),
        Binding("escape", "app.up", "back", id="compare.back"),
    ]

    def __init__(self, older_id: str | None, newer_id: str) -> None:
        super().__init__()
        self._older_id, self._newer_id = older_id, newer_id
        self._newer: FlowRun | None = None
        self._found: Comparison | None = None
        self._everything = False
        self._whole = False
        """Whether the logs have been compared, too."""
        self._rows: ItemRows[ChangeRow] = ItemRows((), lambda row: row.id, change_cells)

    def compose_body(self) -> Iterable[Widget]:
        yield Title()
        yield VirtualTable(COLUMNS, markable=False, empty="comparing …", id="changes")
        yield _Detail()

    def on_mount(self) -> None:
        self._table.focus()

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#changes", VirtualTable)

    # -- reading ----------------------------------------------------------------------------------------------------

    def wants(self, changes: tuple[Change, ...]) -> bool:
        if self._newer is None or self._newer.state.is_final():
            return False
        return any(change.kind == "flow-run" and change.subject_id == self._newer_id for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        if changes is None and self._whole and self._found is not None and self._found.newer.state.is_final():
            return  # what has ended does not change
        self._newer = await app.call(app.client.read_flow_run, self._newer_id)
        if self._older_id is None:
            good = await app.call(app.client.last_good_run, self._newer_id)
            self._older_id = None if good is None else good.id
        if self._older_id is None:
            self._show_nothing(self._newer)
            return
        self.query_one(Title).show(compare_title(None, self._newer))
        older = await app.call(app.client.read_flow_run, self._older_id)
        if older.stats.lines + self._newer.stats.lines > _LONG:  # first what is known at once
            self._found = await app.call(compare_runs, app.client, self._older_id, self._newer_id, logs=False)
            self._show()
        self._found = await app.call(compare_runs, app.client, self._older_id, self._newer_id)
        self._whole = True
        if self.is_attached:
            self._show()
            self.refresh_bindings()

    # -- showing ----------------------------------------------------------------------------------------------------

    def _show_nothing(self, newer: FlowRun) -> None:
        self.query_one(Title).show(compare_title(None, newer))
        words = (
            f"No run of {newer.flow_name} has completed before this one.\nMark two runs in the list, and press D there."
        )
        self._table.show(self._rows, empty=words)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        found = self._found
        if found is None:
            return
        told = len(found.notable)
        note: list[Span] = [(f"{count(told)} {'difference' if told == 1 else 'differences'}", "muted")]
        if not self._whole:
            note.append(("   comparing the logs …", "faint"))
        if self._everything:
            note = [("everything", "accent"), (f"   {count(len(found.differences))} compared", "muted")]
        narrow = self.has_class("-narrow")
        self.query_one(Title).show(compare_title(found.older, found.newer, narrow=narrow), note)
        self._rows = ItemRows(change_rows(found, everything=self._everything), lambda row: row.id, change_cells)
        table = self._table
        table.draw_title(2, lambda width: [(found.older.name, "faint")])
        table.draw_title(3, lambda width: [(found.newer.name, "faint")])
        table.show(self._rows, empty="Nothing that matters differs.   a shows everything that was compared.")
        self.query_one(_Detail).show(self._rows.get(table.cursor_id))

    @on(VirtualTable.RowHighlighted, "#changes")
    def _moved(self, message: VirtualTable.RowHighlighted) -> None:
        self.query_one(_Detail).show(self._rows.get(message.row_id))

    # -- keys -------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "differ":
            return self._found is not None and differ() is not None
        if action == "everything" or (action == "open_side" and parameters == ("older",)):
            return self._found is not None
        return super().check_action(action, parameters)

    def action_everything(self) -> None:
        """Show also what is alike, or differs by no more than chance; or only what matters again."""
        self._everything = not self._everything
        self._show()

    def action_open_side(self, side: str) -> None:
        """Open one of the two runs."""
        run_id = self._newer_id if side == "newer" else self._older_id
        if run_id is not None:
            self.workstation.open_run(run_id)

    @on(VirtualTable.RowSelected, "#changes")
    def _chosen(self, message: VirtualTable.RowSelected) -> None:
        """Enter goes to the place: the task or the line, in the run that has it."""
        row, found = self._rows.get(message.row_id), self._found
        it = row.difference if row is not None else None
        if it is None or found is None:
            return
        run = found.older if it.in_older else found.newer
        if it.task_run_id is not None or it.line is not None:
            self.workstation.open_run(run.id, "logs", task_run_id=it.task_run_id, line=it.line)
        else:
            self.workstation.open_run(run.id, "parameters" if it.section == "parameters" else "timeline")

    @work(group="differ", exclusive=True, exit_on_error=False)
    async def action_differ(self) -> None:
        """Give both runs as text to the command of $FLOWTUI_DIFF."""
        if self._found is not None:
            await show_both(self.workstation, self._found)
