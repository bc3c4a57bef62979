"""`!`: one line for a command that gets the real terminal."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.tui.piping.command_input import CommandInput
from flowtui.tui.text import safe

__all__ = ["ShellScreen"]


class ShellScreen(ModalScreen[str | None]):
    """Answers with the command, or None when it was left."""

    DEFAULT_CSS = """
    ShellScreen { align: left bottom; }
    ShellScreen #shell { height: auto; width: 100%; background: $surface; border-top: solid $accent; }
    ShellScreen #shell-line { height: 1; }
    ShellScreen #shell-line Static { width: 4; padding-left: 2; color: $accent; }
    ShellScreen #shell-line Input { width: 1fr; background: $surface; }
    ShellScreen #shell-env { height: auto; padding: 0 2; color: $muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back")]

    def __init__(self, history: Sequence[str], env: Mapping[str, str]) -> None:
        super().__init__()
        self._history, self._env = history, env

    def compose(self) -> ComposeResult:
        with Vertical(id="shell"):
            with Horizontal(id="shell-line"):
                yield Static("!")
                yield CommandInput(self._history, placeholder="runs in this terminal; flowtui comes back when it ends")
            if self._env:
                yield Static(safe("knows " + "  ".join(f"${name}" for name in self._env)), id="shell-env", markup=False)

    def on_mount(self) -> None:
        self.query_one(CommandInput).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        """Close without a command."""
        self.dismiss(None)
