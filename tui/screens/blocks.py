"""Blocks: saved values and credentials; their secrets stay hidden here."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.model import BlockDocument, BlockType, Change
from flowtui.tui.block_actions import copy_snippet, delete_block
from flowtui.tui.block_cells import BLOCK_COLUMNS, block_cells
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["BlocksScreen"]

_NONE = "No block yet.   n makes one: a secret, or an address to call."


class BlocksScreen(ShellScreen):
    """The list of blocks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="blocks.new"),
        Binding("e", "edit", "edit", show=False, id="blocks.edit"),
        Binding("y", "copy", "copy python", id="blocks.copy"),
        Binding("d,delete", "delete", "delete", key_display="d", id="blocks.delete"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._types: dict[str, BlockType] = {}
        self._rows: ItemRows[BlockDocument] = self._rows_of(())

    def compose_body(self) -> Iterable[Widget]:
        yield VirtualTable(BLOCK_COLUMNS, empty="reading the blocks …", markable=False, id="blocks")

    def on_mount(self) -> None:
        self._table.focus()

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#blocks", VirtualTable)

    def _rows_of(self, blocks: tuple[BlockDocument, ...]) -> ItemRows[BlockDocument]:
        return ItemRows(
            blocks,
            lambda block: block.id,
            lambda block: block_cells(block, self._types.get(block.type_slug), self.workstation.now()),
        )

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind == "block" for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        if not self._types:
            kinds = await app.call(app.client.list_block_types)
            self._types = {kind.slug: kind for kind in kinds}
        self._rows = self._rows_of(await app.call(app.client.list_blocks))
        self._table.show(self._rows, empty=_NONE)

    # -- keys -------------------------------------------------------------------------------------------------------

    def _subject(self) -> BlockDocument | None:
        return self._rows.get(self._table.cursor_id)

    @on(VirtualTable.RowSelected)
    def _selected(self) -> None:
        self.action_edit()

    def action_edit(self) -> None:
        """Open the block under the cursor."""
        from flowtui.tui.screens.block import BlockScreen  # noqa: PLC0415 - only when it is shown

        block = self._subject()
        if block is None:
            return
        kind = self._types.get(block.type_slug)
        if kind is None:
            self.workstation.tell(f"Only the code that defines {block.type_slug} can change {block.name}.")
        else:
            self.app.push_screen(BlockScreen(kind, block))

    def action_new(self) -> None:
        """Choose a type, then fill in a new block."""
        from flowtui.tui.screens.block_types import BlockTypesScreen  # noqa: PLC0415 - only when it is shown

        if self._types:
            self.app.push_screen(BlockTypesScreen(tuple(self._types.values())))

    def action_copy(self) -> None:
        """Copy the Python that loads the block under the cursor."""
        if block := self._subject():
            copy_snippet(self.workstation, block.type_slug, block.name)

    @work(group="act", exit_on_error=False)
    async def action_delete(self) -> None:
        """Delete the block under the cursor, after a question."""
        if block := self._subject():
            await delete_block(self.workstation, block)
