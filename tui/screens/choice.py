"""Choose one of a few things: by its digit, by arrows and enter, or by a click."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.dialogs import list_room
from flowtui.tui.widgets.key_line import KeyLine
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["Choice", "ChoiceScreen"]

_COLUMNS = (Column("", 2), Column("", 14, share=2, most=30), Column("", 10, share=3))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the things: what it is called, and a word about it."""

    id: str
    label: str
    note: str = ""
    is_on: bool = False


class ChoiceScreen(ModalScreen[tuple[str, str] | None]):
    """Answers with what was pressed (`enter`, or one of `keys`) and the id of the choice; None when it was left.

    `keys` are further keys by what they do to the choice under the cursor.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        *(Binding(str(digit), f"take({digit})", show=False) for digit in range(1, 10)),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], keys: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._title, self._choices, self._keys = title, tuple(choices), tuple(keys)

    def compose(self) -> ComposeResult:
        rows = ItemRows(self._choices, lambda choice: choice.id, self._cells)
        with Vertical(classes="dialog choice"):
            yield Static(Text(safe(self._title)), classes="title")
            yield VirtualTable(_COLUMNS, rows, header=False, markable=False, empty="Nothing to choose yet.")
            yield KeyLine(("enter", "choose"), *self._keys, ("esc", "back"))

    def on_mount(self) -> None:
        self._size_list()
        self.call_after_refresh(self._size_list)
        table = self.query_one(VirtualTable)
        table.focus()
        table.move_to_id(next((choice.id for choice in self._choices if choice.is_on), ""))

    def on_resize(self) -> None:
        self.call_after_refresh(self._size_list)

    def _size_list(self) -> None:
        """As many lines as there are choices, or have room: the list scrolls, the keys stay in sight."""
        self.query_one(VirtualTable).styles.height = min(max(len(self._choices), 1), list_room(self, beside=1))

    def _cells(self, choice: Choice) -> list[Cell]:
        number = self._choices.index(choice) + 1
        digit = str(number) if number < 10 else ""
        role = "bold accent" if choice.is_on else "strong"
        return [[(digit, "accent")], [(choice.label, role)], [(choice.note, "muted")]]

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        message.stop()
        self.dismiss(("enter", message.row_id))

    def action_take(self, digit: int) -> None:
        """Choose by number."""
        if digit <= len(self._choices):
            self.dismiss(("enter", self._choices[digit - 1].id))

    def on_key(self, event: events.Key) -> None:
        """One of the further keys, for the choice under the cursor."""
        if event.character is not None and event.character in {key for key, _ in self._keys}:
            event.stop()
            self.dismiss((event.character, self.query_one(VirtualTable).cursor_id or ""))

    def action_leave(self) -> None:
        """Close without choosing."""
        self.dismiss(None)
