"""The `:` line at the bottom of the screen, with the rest of the word shown as a ghost."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from flowtui.engine.errors import UsageError
from flowtui.tui.commands import Command, complete, parse_command

__all__ = ["CommandLineScreen"]


class _Ghost(Suggester):
    """Completes nouns, filters and states."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return complete(value)


class CommandLineScreen(ModalScreen[Command | None]):
    """One line over the keys; answers with the command, or None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("tab", "complete", "complete", priority=True),
    ]

    def compose(self) -> ComposeResult:
        with Horizontal(id="command-line"):
            yield Static(":", id="prompt")
            yield Input(classes="line", suggester=_Ghost(), select_on_focus=False, id="command")
        yield Static("", id="complaint", markup=False)

    @on(Input.Changed)
    def _typed(self) -> None:
        self.remove_class("-trouble")

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self.dismiss(parse_command(event.value))
        except UsageError as error:
            self.query_one("#complaint", Static).update(f" {error}")
            self.add_class("-trouble")

    def action_complete(self) -> None:
        """Take the ghost."""
        line = self.query_one(Input)
        whole = complete(line.value)
        if whole is not None:
            line.value = whole
            line.cursor_position = len(whole)

    def action_leave(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)

    def on_key(self, event: object) -> None:
        """A backspace on the empty line leaves it, as in an editor."""
        if getattr(event, "key", "") == "backspace" and not self.query_one(Input).value:
            self.dismiss(None)
