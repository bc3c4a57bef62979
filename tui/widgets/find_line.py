"""A line to find something in a list: it shows what fits while one types."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

__all__ = ["FindLine"]


class FindLine(Horizontal):
    """Hidden until `open`. Posts `Changed` for each key, and `Left` when the list should have the keyboard again."""

    DEFAULT_CSS = """
    FindLine { height: 1; display: none; }
    FindLine.-open { display: block; }
    FindLine #find-prompt { width: 4; color: $accent; padding-left: 2; }
    FindLine Input { width: 1fr; }
    FindLine #find-note { width: auto; color: $warning; padding: 0 2; display: none; }
    FindLine.-said #find-note { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "clear"),
        Binding("down", "leave", "to the list", priority=True),
    ]

    class Changed(Message):
        """Other words are looked for."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Left(Message):
        """The line was left."""

    def __init__(self, hint: str = "part of a name or tag", *, id: str | None = None) -> None:  # noqa: A002 - Textual's
        super().__init__(id=id)
        self._hint = hint

    def compose(self) -> ComposeResult:
        yield Static("/", id="find-prompt")
        yield Input(classes="line", placeholder=self._hint)
        yield Static("", id="find-note", markup=False)

    @property
    def words(self) -> str:
        """What is looked for."""
        return self.query_one(Input).value.strip()

    def say(self, words: str) -> None:
        """What is to be said of what is looked for; nothing where it was found."""
        self.set_class(bool(words), "-said")
        self.query_one("#find-note", Static).update(words)

    def open(self) -> None:
        """Let words be typed."""
        self.add_class("-open")
        self.query_one(Input).focus()

    def action_clear(self) -> None:
        """Look for nothing any more."""
        self.query_one(Input).value = ""
        self.remove_class("-open")
        self.post_message(self.Left())

    def action_leave(self) -> None:
        """Go to the list; what is looked for stays."""
        self.set_class(bool(self.words), "-open")
        self.post_message(self.Left())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value.strip()))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave()
