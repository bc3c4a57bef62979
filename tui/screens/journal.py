"""`@`: what was done from this workstation, as command and as Python, what came of it, and whether it can be undone."""

from collections.abc import Iterable
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from flowtui.engine.model import Change
from flowtui.tui.acting.journal import Entry, Result
from flowtui.tui.formats import count, duration, moment
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.text import safe_block
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span, palette_of
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.title import Title
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["JournalScreen"]

_COLUMNS: Final = (
    Column("WHEN", 12, align="right", rank=1),
    Column("", 1),
    Column("WHAT WAS DONE", 24, share=3),
    Column("WHAT CAME OF IT", 14, share=2, rank=3),
    Column("TOOK", 6, align="right", rank=4),
    Column("UNDO", 6),
)
_LOOKS: Final[dict[Result, tuple[str, str]]] = {
    "under way": ("▶", "running"),
    "waiting": ("◷", "scheduled"),
    "done": ("✔", "completed"),
    "partly": ("◐", "late"),
    "failed": ("✖", "failed"),
    "dropped": ("⊘", "cancelled"),
}
_NONE: Final = "Nothing was done yet. What changes something is written down here, as command and as Python."


class _Entry(VerticalScroll):
    """An entry in full; it has the keyboard only while it has the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "down", show=False, id="journal.down"),
        Binding("k", "scroll_up", "up", show=False, id="journal.up"),
    ]


class JournalScreen(ShellScreen):
    """The newest first; the one under the cursor in full below."""

    AUTO_FOCUS = "#entries"
    DEFAULT_CSS = """
    JournalScreen #entries { height: 1fr; }
    JournalScreen #entry { height: 45%; max-height: 14; border-top: solid $rule; padding: 0 2; }
    JournalScreen.-reading #entries { display: none; }
    JournalScreen.-reading #entry { height: 1fr; max-height: 100%; border-top: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy(False)", "copy the command", id="journal.copy"),
        Binding("Y", "copy(True)", "copy the python", id="journal.copy-python"),
        Binding("u", "undo_this", "undo", id="journal.undo"),
        Binding("escape,at", "back", "back", key_display="esc", id="journal.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: ItemRows[Entry] = self._rows_of(())

    def compose_body(self) -> Iterable[Widget]:
        yield Title()
        yield VirtualTable(_COLUMNS, empty=_NONE, markable=False, id="entries")
        with _Entry(id="entry", can_focus=False):
            yield Static(id="entry-text")

    def on_mount(self) -> None:
        self._show()

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#entries", VirtualTable)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        await self.workstation.acting.open()
        self._show()

    def zone_changed(self) -> None:
        self._show()

    def tick(self) -> None:
        """Something may have come of what was under way."""
        if self.workstation.acting.journal.entries[::-1] != self._rows.items:
            self._show()

    # -- showing ------------------------------------------------------------------------------------------------------

    def _rows_of(self, entries: tuple[Entry, ...]) -> ItemRows[Entry]:
        return ItemRows(entries, lambda entry: entry.id, self._cells)

    def _show(self) -> None:
        entries = self.workstation.acting.journal.entries[::-1]
        self._rows = self._rows_of(entries)
        self._table.show(self._rows)
        undoable = sum(entry.undo == "can" for entry in entries)
        note: list[Span] = [(f"{count(undoable)} can be undone", "muted")] if undoable else []
        self.query_one(Title).show([("Journal", "bold strong")], note)
        self._show_entry()

    def _cells(self, entry: Entry) -> list[Cell]:
        app = self.workstation
        glyph, role = _LOOKS[entry.result]
        undo = {"can": ("u", "accent"), "undone": ("undone", "muted"), "no": ("–", "faint")}[entry.undo]
        return [
            [(moment(entry.at, app.now(), app.zone), "muted")],
            [(glyph, role)],
            [(entry.title, "strong")],
            [(entry.words, "text" if entry.result != "failed" else "failed")],
            [("" if entry.seconds is None else duration(entry.seconds), "muted")],
            [undo],
        ]

    @on(VirtualTable.RowHighlighted)
    def _show_entry(self) -> None:
        entry, palette = self._rows.get(self._table.cursor_id), palette_of(self)
        if entry is None:
            self.query_one("#entry-text", Static).update("")
            return
        undo = {"can": "u undoes it.", "undone": entry.undo_words or "It was undone."}.get(entry.undo, entry.undo_words)
        gap = "\n" if self.has_class("-tall") else ""
        parts: list[tuple[str, str]] = [
            (entry.words or entry.result, "text"),
            (f"   {undo or 'It cannot be undone.'}\n{gap}", "muted"),
            (f"{entry.command or '# no command does this'}\n{gap}", "accent"),
            (entry.python, "info"),
        ]
        text = Text.assemble(*(("\n".join(safe_block(words)), palette.style(role)) for words, role in parts))
        self.query_one("#entry-text", Static).update(text)

    # -- keys ---------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowSelected)
    def _read_all(self) -> None:
        """Give the whole screen to an entry: the commands of many runs are long."""
        self.add_class("-reading")
        entry = self.query_one(_Entry)
        entry.can_focus = True
        entry.scroll_home(animate=False)
        entry.focus()

    def action_back(self) -> None:
        """Leave the entry, then the journal."""
        if not self.has_class("-reading"):
            self.workstation.action_up()
            return
        self.remove_class("-reading")
        self.query_one(_Entry).can_focus = False
        self._table.focus()

    def action_copy(self, python: bool) -> None:
        """Copy the command, or the Python, of the entry under the cursor."""
        entry = self._rows.get(self._table.cursor_id)
        if entry is None:
            return
        text = entry.python if python else entry.command
        if not text:
            self.workstation.tell("No command does this; Y copies the Python.")
            return
        self.app.copy_to_clipboard(text)
        self.workstation.tell(f"Copied: {text.splitlines()[-1]}")

    @work(group="undo", exit_on_error=False)
    async def action_undo_this(self) -> None:
        """Take back what the entry under the cursor says."""
        if self._table.cursor_id is not None:
            await self.workstation.acting.undo(self._table.cursor_id)
            self._show()
