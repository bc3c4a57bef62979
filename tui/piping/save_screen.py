"""`S`: where to save records, and which."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.engine.errors import UsageError
from flowtui.tui.piping.records import Records, format_of_file
from flowtui.tui.piping.saving import saved_path
from flowtui.tui.text import safe
from flowtui.tui.widgets.key_line import KeyLine

__all__ = ["SaveScreen"]


class SaveScreen(ModalScreen[tuple[Records, Path] | None]):
    """Answers with the records and the file, or None. `choices` are what can be saved, the likeliest first.

    A file that is there already is written over only when enter is pressed a second time.
    """

    DEFAULT_CSS = """
    SaveScreen Input { margin-top: 1; background: $surface; }
    SaveScreen #save-note { height: auto; min-height: 1; color: $muted; margin-top: 1; }
    SaveScreen.-trouble #save-note { color: $warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("tab", "other", "the others", priority=True),
    ]

    def __init__(self, choices: Sequence[Records], file: str) -> None:
        super().__init__()
        self._choices, self._file = tuple(choices), file
        self._at = 0
        self._over: Path | None = None

    def compose(self) -> ComposeResult:
        others = [("tab", "the others")] if len(self._choices) > 1 else []
        with Vertical(classes="dialog"):
            yield Static("", classes="title", id="save-title", markup=False)
            yield Input(self._file, classes="line", select_on_focus=False)
            yield Static("", id="save-note", markup=False)
            yield KeyLine(("enter", "save"), *others, ("esc", "back"))

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._show()

    def _show(self) -> None:
        self.query_one("#save-title", Static).update(safe(f"Save {self._choices[self._at].title}"))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._over = None
        form = {"jsonl": "JSON lines", "csv": "CSV", "text": "text"}[format_of_file(event.value)]
        self._say(f"as {form}: the ending says which (.jsonl, .csv, anything else is text)")

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            path = saved_path(event.value)
        except UsageError as error:
            self._say(str(error), trouble=True)
            return
        if path.exists() and path != self._over:
            self._over = path
            self._say(f"{path} is there already; enter writes over it.", trouble=True)
            return
        self.dismiss((self._choices[self._at], path))

    def _say(self, words: str, *, trouble: bool = False) -> None:
        self.set_class(trouble, "-trouble")
        self.query_one("#save-note", Static).update(safe(words))

    def action_other(self) -> None:
        """Save the next of what can be saved."""
        self._at = (self._at + 1) % len(self._choices)
        self._show()

    def action_leave(self) -> None:
        """Close without saving."""
        self.dismiss(None)
