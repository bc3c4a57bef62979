"""Choose the columns of a list: which, in which order, how wide. The list below shows it at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from flowtui.engine.errors import UsageError
from flowtui.tui.lists.columns import ListColumns, Shown
from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.key_line import KeyLine
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.telling import TellsTrouble
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["ColumnsScreen"]

_COLUMNS = (Column("", 1), Column("", 11, share=1, most=16), Column("", 2, align="right"), Column("", 16, share=4))
_PARAMETER = ("p", "parameter")
_KEYS = (("space", "show"), ("J K", "move"), ("+ -", "width"), _PARAMETER, ("0", "as usual"), ("esc", "done"))


@dataclass(frozen=True, slots=True)
class _Line:
    shown: Shown
    is_on: bool


class ColumnsScreen(TellsTrouble, ModalScreen[None]):
    """`apply` is called with the chosen columns after each change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,C", "leave", "done"),
        Binding("space", "flip", "show or hide", priority=True),
        Binding("J,shift+down", "shift(1)", "move down", priority=True),
        Binding("K,shift+up", "shift(-1)", "move up", priority=True),
        Binding("plus,equals_sign,right", "widen(1)", "wider"),
        Binding("minus,left", "widen(-1)", "narrower"),
        Binding("p", "parameter", "a parameter"),
        Binding("0", "usual", "as usual"),
    ]

    def __init__(
        self, columns: ListColumns[Any, Any], chosen: Sequence[Shown], apply: Callable[[tuple[Shown, ...]], object]
    ) -> None:
        super().__init__()
        self._columns, self._apply = columns, apply
        self._lines = _lines(columns, chosen)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="columns"):
            yield Static("Columns", classes="title")
            yield VirtualTable(_COLUMNS, self._rows(), header=False, markable=False)
            yield KeyLine(*(key for key in _KEYS if key != _PARAMETER or self._columns.parameters is not None))

    def on_mount(self) -> None:
        self.query_one(VirtualTable).focus()

    def _rows(self) -> ItemRows[_Line]:
        return ItemRows(tuple(self._lines), lambda line: line.shown.key, self._cells)

    def _show(self, key: str, *, changed: bool = True) -> None:
        table = self.query_one(VirtualTable)
        table.show(self._rows(), moved=True)
        table.move_to_id(key)
        if changed:
            self._apply(tuple(line.shown for line in self._lines if line.is_on))

    @property
    def _at(self) -> int:
        return self.query_one(VirtualTable).cursor_index

    def action_flip(self) -> None:
        """Show the column, or hide it; the last one stays."""
        line = self._lines[self._at]
        if line.is_on and sum(each.is_on for each in self._lines) == 1:
            return
        self._lines[self._at] = _Line(line.shown, not line.is_on)
        self._show(line.shown.key)

    def action_shift(self, by: int) -> None:
        """Move the column."""
        at, to = self._at, self._at + by
        if 0 <= to < len(self._lines):
            self._lines[at], self._lines[to] = self._lines[to], self._lines[at]
            self._show(self._lines[to].shown.key)

    def action_widen(self, by: int) -> None:
        """Give the column a width."""
        line = self._lines[self._at]
        self._lines[self._at] = _Line(self._columns.wider(line.shown, by), line.is_on)
        self._show(line.shown.key)

    def action_usual(self) -> None:
        """Show what is usually shown."""
        usual = self._columns.usual
        self._lines = _lines(self._columns, usual)
        self._show(usual[0].key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Not all lists have parameters."""
        return action != "parameter" or self._columns.parameters is not None

    @work(exclusive=True, exit_on_error=False)
    async def action_parameter(self) -> None:
        """Add the column of a parameter."""
        from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is asked for

        name = await self.app.push_screen_wait(
            PromptScreen("Which parameter?", hint="region, or limits.rows", done="add")
        )
        if not name:
            return
        try:
            column = self._columns.of(f"param.{name.removeprefix('param.')}")
        except UsageError as error:
            self.app.notify(safe(str(error)), severity="error", markup=False)
            return
        if all(line.shown.key != column.key for line in self._lines):
            last = max((at for at, line in enumerate(self._lines) if line.is_on), default=-1)
            self._lines.insert(last + 1, _Line(Shown(column.key), True))
        self._show(column.key)

    def _cells(self, line: _Line) -> list[Cell]:
        column = self._columns.of(line.shown.key)
        return [
            [("●" if line.is_on else "○", "accent" if line.is_on else "faint")],
            [(column.key, "strong" if line.is_on else "muted")],
            [(str(line.shown.width or ""), "muted")],
            [(column.about, "muted" if line.is_on else "faint")],
        ]

    def action_leave(self) -> None:
        """Close; what was chosen is on already."""
        self.dismiss(None)


def _lines(columns: ListColumns[Any, Any], chosen: Sequence[Shown]) -> list[_Line]:
    """The chosen ones in their order, then the others."""
    keys = {shown.key for shown in chosen}
    others = (Shown(column.key) for column in columns.all if column.key not in keys)
    return [*(_Line(shown, True) for shown in chosen), *(_Line(shown, False) for shown in others)]
