"""Blocks: saved values and credentials; their secrets stay hidden here."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.model import BlockDocument, BlockType, Change
from flowtui.tui.block_actions import copy_snippet, delete_block
from flowtui.tui.block_columns import Seen
from flowtui.tui.block_list import ORDERS, READING
from flowtui.tui.lists.bindings import list_bindings
from flowtui.tui.lists.rows_screen import RowsScreen
from flowtui.tui.widgets.find_line import FindLine
from flowtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from flowtui.tui.piping.records import Records

__all__ = ["BlocksScreen"]

_NONE = "No block yet.   n makes one: a secret, or an address to call."


class BlocksScreen(RowsScreen[BlockDocument]):
    """The list of blocks."""

    LIST = "blocks"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="blocks.new"),
        Binding("e", "edit", "edit", show=False, id="blocks.edit"),
        Binding("y", "copy", "copy python", id="blocks.copy"),
        Binding("d,delete", "delete", "delete", key_display="d", id="blocks.delete"),
        *list_bindings("blocks", marks=False, attention=False),
    ]

    def __init__(self) -> None:
        self._types: dict[str, BlockType] = {}
        self._all: tuple[BlockDocument, ...] | None = None
        super().__init__(READING, ORDERS)

    def compose_body(self) -> Iterable[Widget]:
        yield from self.compose_filter()
        yield VirtualTable((), empty="reading the blocks …", markable=False, id="blocks")

    @property
    def table(self) -> VirtualTable:
        return self.query_one("#blocks", VirtualTable)

    def all_rows(self) -> Sequence[BlockDocument] | None:
        return self._all

    def row_id(self, row: BlockDocument) -> str:
        return row.id

    def seen(self) -> Seen:
        return Seen(self.workstation.now(), self.workstation.zone, self._types)

    def nothing(self) -> str:
        return _NONE

    def records_of(self, rows: Sequence[BlockDocument]) -> "Records":
        from flowtui.tui.piping.list_records import records_of_blocks  # noqa: PLC0415 - only when they are handed on

        return records_of_blocks(rows)

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind == "block" for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        await self.adopt()
        if not self._types:
            kinds = await app.call(app.client.list_block_types)
            self._types = {kind.slug: kind for kind in kinds}
        self._all = tuple(await app.call(app.client.list_blocks))
        self.show_rows()

    def show_rows(self, changed: Iterable[str] | None = None) -> None:
        """Show the list; which keys work depends on whether there is a block."""
        before = len(self.rows)
        super().show_rows(changed)
        if not before or not len(self.rows):
            self.refresh_bindings()

    # -- keys -------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowSelected)
    def _selected(self) -> None:
        self.action_edit()

    def action_edit(self) -> None:
        """Open the block under the cursor."""
        from flowtui.tui.screens.block import BlockScreen  # noqa: PLC0415 - only when it is shown

        block = self.under_cursor()
        if block is None:
            return
        kind = self._types.get(block.type_slug)
        if kind is None:
            self.workstation.tell(f"Only the code that defines {block.type_slug} can change {block.name}.")
        else:
            self.app.push_screen(BlockScreen(kind, block))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`n` is the next one that was found while something is looked for, else a new block."""
        if action in ("new", "find_next"):
            looking = any(line.words for line in self.query(FindLine))
            return looking if action == "find_next" else not looking
        if action in ("copy", "delete", "edit"):
            return self.is_mounted and self.under_cursor() is not None
        return super().check_action(action, parameters)

    def action_new(self) -> None:
        """Choose a type, then fill in a new block."""
        from flowtui.tui.screens.block_types import BlockTypesScreen  # noqa: PLC0415 - only when it is shown

        if self._types:
            self.app.push_screen(BlockTypesScreen(tuple(self._types.values())))

    def action_copy(self) -> None:
        """Copy the Python that loads the block under the cursor."""
        if block := self.under_cursor():
            copy_snippet(self.workstation, block.type_slug, block.name)

    @work(group="act", exit_on_error=False)
    async def action_delete(self) -> None:
        """Delete the block under the cursor, after a question."""
        if block := self.under_cursor():
            await delete_block(self.workstation, block)
