"""Ask for one line of text."""

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.tui.text import safe
from flowtui.tui.widgets.key_line import KeyLine

__all__ = ["PromptScreen"]


class PromptScreen(ModalScreen[str | None]):
    """Answers with the line, without spaces around it, or None when it was left. With `adding`, what is typed goes
    behind what is there instead of in its place."""

    DEFAULT_CSS = "PromptScreen Input { margin-top: 1; background: $surface; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back")]

    def __init__(
        self, question: str, *, value: str = "", hint: str = "", done: str = "done", adding: bool = False
    ) -> None:
        super().__init__()
        self._question, self._value, self._hint, self._done = question, value, hint, done
        self._adding = adding

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(safe(self._question)), classes="title")
            yield Input(self._value, placeholder=self._hint, classes="line", select_on_focus=not self._adding)
            yield KeyLine(("enter", self._done), ("esc", "back"))

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
