"""The controls of a form, each one widget on one line where it can be: texts, choices, secrets that are kept."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.widgets.input import Selection

from flowtui.tui.text import safe
from flowtui.tui.widgets.paint import Span, palette_of, strip_of

__all__ = ["Choices", "KeptSecret", "Line", "Lines"]

_MARKS = ("(●) ", "( ) ")
_GAP = "  "


class Line(Input):
    """One line of text. Pasting several lines asks for a control that can hold them."""

    DEFAULT_CSS = """
    Line { border: none; height: 1; padding: 0 1; background: $background; }
    Line:focus { border: none; background: $cursor; }
    Line.-default { color: $muted; }
    Line > .input--placeholder { color: $faint; }
    """

    class Pasted(Message):
        """A text of several lines was pasted; `text` is what the control would then hold."""

        def __init__(self, line: "Line", text: str) -> None:
            super().__init__()
            self.line, self.text = line, text

    _was_left = False

    def __init__(self, text: str, *, secret: bool = False, placeholder: str = "") -> None:
        super().__init__(text, placeholder=safe(placeholder), password=secret, select_on_focus=False)
        # Selected from the first instant and not when the focus arrives: a key may be quicker.
        self.selection = Selection(0, len(text))

    def on_focus(self) -> None:
        """Whoever comes back to a field is about to replace it, too."""
        if self._was_left:
            self._was_left = False
            self.selection = Selection(0, len(self.value))

    def on_blur(self) -> None:
        self._was_left = True

    def put(self, text: str) -> None:
        """Hold another text without telling anybody."""
        with self.prevent(Input.Changed):
            self.value = text
            self.cursor_position = len(text)

    def _on_paste(self, event: events.Paste) -> None:
        text = event.text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        if "\n" not in text:
            return  # Textual calls the handler of the class below by itself
        event.stop()
        event.prevent_default()
        start, end = sorted(self.selection)
        if self.password:  # dots hide line breaks as well as anything else
            self.replace(text, start, end)
        else:
            self.post_message(self.Pasted(self, self.value[:start] + text + self.value[end:]))


class Lines(TextArea):
    """Several lines of text, as high as they are. With `at_end` one goes on behind them, as in a `Line`."""

    DEFAULT_CSS = """
    Lines { border: none; height: auto; min-height: 1; max-height: 10; padding: 0 1; background: $background; }
    Lines:focus { border: none; background: $cursor; }
    Lines.-default { color: $muted; }
    """

    def __init__(self, text: str, *, placeholder: str = "", at_end: bool = False) -> None:
        self._at_end = at_end
        super().__init__(
            text,
            compact=True,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder=safe(placeholder),
        )

    def on_mount(self) -> None:
        if self._at_end:
            self.move_cursor(self.document.end)

    def put(self, text: str) -> None:
        """Hold another text without telling anybody."""
        with self.prevent(TextArea.Changed):
            self.text = text


class Choices(Widget, can_focus=True):
    """One of a few, all in sight: `(●) yes  ( ) no`. What has no room goes on on the next line."""

    DEFAULT_CSS = "Choices { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "move(1)", "next", show=False),
        Binding("left,h", "move(-1)", "previous", show=False),
        Binding("space", "move(1)", "choose", show=False),
    ]

    class Chosen(Message):
        """Another one was chosen, by its number."""

        def __init__(self, choices: "Choices", number: int) -> None:
            super().__init__()
            self.choices, self.number = choices, number

    def __init__(self, words: Sequence[str], chosen: int | None, *, default: bool = False) -> None:
        super().__init__()
        self._words = tuple(map(safe, words))
        self._chosen, self._default = chosen, default

    @property
    def chosen(self) -> int | None:
        """The number of the one that is on; None when none is."""
        return self._chosen

    def show(self, chosen: int | None, *, default: bool) -> None:
        """Turn one on. `default` says that nobody chose it."""
        if (chosen, default) != (self._chosen, self._default):
            self._chosen, self._default = chosen, default
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def _lines(self, width: int) -> list[list[int]]:
        """The numbers of the choices on each line."""
        lines: list[list[int]] = [[]]
        room = width
        for number, word in enumerate(self._words):
            need = len(_MARKS[0]) + cell_len(word)
            if need > room and lines[-1]:
                lines.append([])
                room = width
            lines[-1].append(number)
            room -= need + len(_GAP)
        return lines

    def render_line(self, y: int) -> Strip:
        lines = self._lines(self.size.width)
        spans: list[Span] = []
        for number in lines[y] if y < len(lines) else ():
            on = number == self._chosen
            mark = "accent" if on and not self._default else "muted" if on else "faint"
            role = ("muted" if self._default else "strong") if on else "muted"
            if on and self.has_focus:
                role = f"{role} underline"
            spans.extend([(_MARKS[0 if on else 1], mark), (self._words[number], role), (_GAP, "")])
        if y == 0 and self.has_focus and self._chosen is None:
            spans.append(("← →", "accent"))
        return strip_of(spans, palette_of(self), self.rich_style, self.size.width)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def action_move(self, by: int) -> None:
        """Choose a neighbour, round at the ends."""
        self._choose(((-1 if by > 0 else 0) if self._chosen is None else self._chosen) + by)

    def on_click(self, event: events.Click) -> None:
        lines = self._lines(self.size.width)
        x = 0
        for number in lines[event.y] if event.y < len(lines) else ():
            end = x + len(_MARKS[0]) + cell_len(self._words[number])
            if x <= event.x < end:
                self._choose(number)
            x = end + len(_GAP)

    def _choose(self, number: int) -> None:
        self.show(number % len(self._words), default=False)
        self.post_message(self.Chosen(self, number % len(self._words)))


class KeptSecret(Widget, can_focus=True):
    """A secret that is stored and not shown."""

    DEFAULT_CSS = "KeptSecret { height: 1; } KeptSecret:focus { background: $cursor; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "reveal", "reveal", id="form.reveal"),
        Binding("enter,backspace,delete", "replace", "replace", key_display="enter", id="form.replace"),
    ]

    class Asked(Message):
        """The secret is to be replaced, or shown for a moment."""

        def __init__(self, secret: "KeptSecret", reveal: bool) -> None:
            super().__init__()
            self.secret, self.reveal = secret, reveal

    def __init__(self, note: str = "") -> None:
        super().__init__()
        self._note = note
        self._shown: str | None = None

    def show(self, text: str | None) -> None:
        """Show a text in the place of the dots; None shows the dots again."""
        self._shown = text
        self.refresh()

    @property
    def is_shown(self) -> bool:
        """True while the secret is in sight."""
        return self._shown is not None

    def render_line(self, y: int) -> Strip:
        spans: list[Span] = [(" ", "")]
        if self._shown is not None:
            spans.append((self._shown, "strong"))
        else:
            spans.extend([("•" * 16, "text"), (f"  {self._note}", "muted")])
        return strip_of(spans, palette_of(self), self.rich_style, self.size.width)

    def action_reveal(self) -> None:
        """Show the secret for a moment, or hide it again."""
        if self.is_shown:
            self.show(None)
        else:
            self.post_message(self.Asked(self, reveal=True))

    def action_replace(self) -> None:
        """Type another secret."""
        self.post_message(self.Asked(self, reveal=False))

    def on_click(self) -> None:
        self.action_replace()
