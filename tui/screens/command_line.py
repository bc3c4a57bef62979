"""The `:` line at the bottom of the screen, with the rest of the word shown as a ghost."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from flowtui.engine.errors import UsageError
from flowtui.tui.commands import Command, complete, parse_command

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["CommandLineScreen"]


class _Ghost(Suggester):
    """Completes nouns, filters and states."""

    def __init__(self, whole: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._whole = whole

    async def get_suggestion(self, value: str) -> str | None:
        return self._whole(value)


class CommandLineScreen(ModalScreen[Command | None]):
    """One line over the keys; answers with the command, or None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("tab", "complete", "complete", priority=True),
    ]

    def compose(self) -> ComposeResult:
        with Horizontal(id="command-line"):
            yield Static(":", id="prompt")
            yield Input(classes="line", suggester=_Ghost(self._whole), select_on_focus=False, id="command")
        yield Static("", id="complaint", markup=False)

    def _whole(self, line: str) -> str | None:
        """The line, completed."""
        app = cast("FlowtuiApp", self.app)
        return complete(line, app.servers.names() if line.lower().startswith("profile") else ())

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
        whole = self._whole(line.value)
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
