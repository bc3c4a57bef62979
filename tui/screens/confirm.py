"""Questions before something that cannot be taken back. Enter is never yes."""

from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from flowtui.tui.text import safe
from flowtui.tui.widgets.paint import palette_of

__all__ = ["ConfirmScreen", "QuitAnswer", "QuitScreen"]

QuitAnswer = Literal["stop", "leave", "stay"]


class _Question(ModalScreen[str]):
    """A question, what it means, and the keys that answer it."""

    def __init__(self, question: str, detail: str, keys: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self._question, self._detail, self._keys = question, detail, keys

    def compose(self) -> ComposeResult:
        palette = palette_of(self.app)
        keys = Text("   ").join(
            Text.assemble((key, palette.style("bold accent")), (f" {words}", palette.style("muted")))
            for key, words in self._keys
        )
        with Vertical(classes="dialog"):
            yield Static(Text(safe(self._question)), classes="title")
            if self._detail:
                yield Static(Text("\n".join(map(safe, self._detail.split("\n")))), classes="detail")
            yield Static(keys, classes="keys")

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
            (("x", "stop them and quit"), ("b", "quit, leave the engine in the background"), ("n", "stay")),
        )
