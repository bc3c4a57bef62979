"""One line for a command, with those that were run before on the arrow keys and as a ghost."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

__all__ = ["CommandInput"]


class _Ghost(Suggester):
    """The last command that begins so."""

    def __init__(self, history: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.history = history

    async def get_suggestion(self, value: str) -> str | None:
        return next((line for line in self.history if value and line.startswith(value) and line != value), None)


class CommandInput(Input):
    """Up and down go through the history; what was being written waits at its end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "past(1)", "the one before", show=False, id="command.earlier"),
        Binding("down", "past(-1)", "the one after", show=False, id="command.later"),
    ]

    class Below(Message):
        """Down was pressed at the end of the history."""

    def __init__(self, history: Sequence[str], *, value: str = "", placeholder: str = "") -> None:
        super().__init__(
            value, placeholder=placeholder, classes="line", suggester=_Ghost(history), select_on_focus=False
        )
        self._history = tuple(history)
        self._at = -1
        self._written = value

    def action_past(self, by: int) -> None:
        """Take a command from the history."""
        if self._at < 0:
            self._written = self.value
        at = self._at + by
        if at < -1:
            self.post_message(self.Below())
            return
        if at >= len(self._history):
            return
        self._at = at
        self.value = self._history[at] if at >= 0 else self._written
        self.cursor_position = len(self.value)
