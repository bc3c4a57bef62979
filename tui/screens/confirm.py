"""Questions before something that cannot be taken back. Enter is never yes."""

from typing import ClassVar, Literal

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.tui.text import safe
from flowtui.tui.widgets.key_line import KeyLine

__all__ = ["ConfirmScreen", "QuitAnswer", "QuitScreen", "TellScreen", "TypeScreen"]

QuitAnswer = Literal["stop", "leave", "stay"]


class _Question(ModalScreen[str]):
    """A question, what it means, and the keys that answer it."""

    def __init__(self, question: str, detail: str, keys: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self._question, self._detail, self._keys = question, detail, keys

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(safe(self._question)), classes="title")
            if self._detail:
                yield Static(Text("\n".join(map(safe, self._detail.split("\n")))), classes="detail")
            yield from self.compose_more()
            yield KeyLine(*self._keys)

    def compose_more(self) -> ComposeResult:
        """What stands between the question and its keys."""
        yield from ()

    def action_answer(self, answer: str) -> None:
        """Close with an answer."""
        self.dismiss(answer)


class ConfirmScreen(_Question):
    """Yes or no. Answers "yes" or "no"; what it is about was fixed when it opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('yes')", "yes"),
        Binding("n,escape", "answer('no')", "no"),
    ]

    def __init__(self, question: str, detail: str = "") -> None:
        super().__init__(question, detail, (("y", "yes"), ("n", "no")))


class TypeScreen(_Question):
    """A word has to be typed. Answers with that word, or with nothing."""

    DEFAULT_CSS = """
    TypeScreen Input { margin-top: 1; background: $surface; }
    TypeScreen Input:focus { background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "answer('')", "no")]

    def __init__(self, question: str, detail: str, word: str) -> None:
        super().__init__(question, detail, ((f"{safe(word)} enter", "yes"), ("esc", "no")))
        self._word = word

    def compose_more(self) -> ComposeResult:
        yield Input(placeholder=f"type {safe(self._word)} if that is what you want", classes="line")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() == self._word:
            self.dismiss(self._word)


class TellScreen(_Question):
    """Something to be read, and a line that `y` copies. Answers "copied" or "read"."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy"),
        Binding("escape,enter,q", "answer('read')", "back", key_display="esc"),
    ]

    def __init__(self, title: str, detail: str, *, copy: str) -> None:
        super().__init__(title, detail, (("y", "copy the command"), ("esc", "back")))
        self._copy = copy

    def action_copy(self) -> None:
        """Copy the line, and close."""
        self.app.copy_to_clipboard(self._copy)
        self.app.notify("Copied.", timeout=4)
        self.dismiss("copied")


class QuitScreen(_Question):
    """Leaving while the backend of this terminal runs flow runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "answer('stop')", "stop them"),
        Binding("b", "answer('leave')", "leave them running"),
        Binding("n,escape", "answer('stay')", "stay"),
    ]

    def __init__(self, running: int) -> None:
        runs = "1 flow run is" if running == 1 else f"{running} flow runs are"
        super().__init__(
            f"{runs} still running here.",
            "The engine was started by this terminal.",
            (("x", "stop them and quit"), ("b", "quit, they run on"), ("n", "stay")),
        )
