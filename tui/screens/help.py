"""`?`: the keys that work here, nearest first, found by typing, carried out by enter."""

from typing import ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from flowtui.tui.keys import key_name
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["HelpScreen", "KeyHelp", "keys_of"]

_COLUMNS = (Column("", 13, align="right"), Column("", 24, share=1), Column("", 9, rank=1))


class KeyHelp:
    """One line: the keys, what they do, and where they belong."""

    def __init__(self, keys: str, words: str, place: str, active: ActiveBinding) -> None:
        self.keys, self.words, self.place, self.active = keys, words, place, active

    @property
    def id(self) -> str:
        return f"{self.place}:{self.active.binding.action}"


def keys_of(screen: Screen[object]) -> list[KeyHelp]:
    """What can be pressed on a screen: the focused pane's keys, then the screen's, then those that work everywhere."""
    found: dict[tuple[int, str], KeyHelp] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.description or binding.system:
            continue
        level = 2 if isinstance(active.node, App) else 1 if isinstance(active.node, Screen) else 0
        known = found.get((level, binding.action))
        if known is None:
            place = "read only" if active.tooltip == "read only" else ("pane", "screen", "anywhere")[level]
            found[level, binding.action] = KeyHelp(key_name(binding), binding.description, place, active)
        elif key_name(binding) not in known.keys.split(" "):
            known.keys += f" {key_name(binding)}"
    return [found[key] for key in sorted(found, key=lambda key: key[0])]


class HelpScreen(ModalScreen[None]):
    """Lists the keys of the screen below. Type to find one; enter does what it does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
    ]

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        self._below = below
        self._keys = keys_of(below)
        self._rows = self._rows_for("")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="help"):
            yield Input(placeholder="type to find; enter does it", classes="line", id="help-find")
            yield VirtualTable(
                _COLUMNS, self._rows, header=False, markable=False, empty="No key does that.", id="help-keys"
            )

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def _rows_for(self, words: str) -> ItemRows[KeyHelp]:
        wanted = words.lower().split()
        fitting = [
            key for key in self._keys if all(word in f"{key.words} {key.keys} {key.place}".lower() for word in wanted)
        ]
        return ItemRows(fitting, lambda key: key.id, _cells)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._rows = self._rows_for(event.value)
        table = self.query_one(VirtualTable)
        table.show(self._rows)
        table.action_move_to(0)

    @on(Input.Submitted)
    async def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        await self._carry_out(self.query_one(VirtualTable).cursor_id)

    @on(VirtualTable.RowSelected)
    async def _chosen(self, message: VirtualTable.RowSelected) -> None:
        await self._carry_out(message.row_id)

    async def _carry_out(self, row_id: str | None) -> None:
        key = self._rows.get(row_id)
        if key is None:
            return
        app, active = self.app, key.active
        self.dismiss(None)
        if not active.enabled:
            why = " in a workstation that only reads" if key.place == "read only" else " just now"
            app.notify(f"{key.words} is not possible{why}.", timeout=4)
            return
        app.call_after_refresh(app.run_action, active.binding.action, active.node)

    def action_move(self, by: int) -> None:
        """Move in the list while the line keeps the keyboard."""
        self.query_one(VirtualTable).action_move(by)

    def action_leave(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click beside the list closes it."""
        if event.widget is self:
            self.dismiss(None)


def _cells(key: KeyHelp) -> list[Cell]:
    role = "strong" if key.active.enabled else "faint"
    return [[(key.keys, "accent" if key.active.enabled else "faint")], [(key.words, role)], [(key.place, "faint")]]
