"""The catalogue of block types: which kind of block is to be made?"""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.model import BlockType
from flowtui.tui.block_cells import TYPE_COLUMNS, type_cells
from flowtui.tui.screens.block import BlockScreen
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.title import Title
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["BlockTypesScreen"]


class BlockTypesScreen(ShellScreen):
    """Types with what each is for; enter opens the form of a new block in its place."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.up", "back", id="block-types.back")]

    def __init__(self, types: tuple[BlockType, ...]) -> None:
        super().__init__()
        self._rows = ItemRows(types, lambda kind: kind.slug, type_cells)

    def compose_body(self) -> Iterable[Widget]:
        yield Title()
        yield VirtualTable(TYPE_COLUMNS, self._rows, markable=False, id="types")

    def on_mount(self) -> None:
        self.query_one(Title).show([("Blocks › ", "muted"), ("new", "bold strong")])
        self.query_one(VirtualTable).focus()

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        kind = self._rows.get(message.row_id)
        if kind is not None:
            self.app.switch_screen(BlockScreen(kind, None))
