"""The filter of a list: its terms as chips that a click takes away, and one line to write in."""

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from flowtui.engine.errors import UsageError
from flowtui.engine.query_reading import read_terms
from flowtui.tui.commands import complete_term
from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of

__all__ = ["FilterBar"]


class _Ghost(Suggester):
    """Completes the last term."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        head, space, last = value.rpartition(" ")
        whole = complete_term(last)
        return f"{head}{space}{whole}" if whole else None


class _Chips(Widget):
    """The terms, each with a cross, and a note at the right."""

    DEFAULT_CSS = "_Chips { height: 1; }"

    class Removed(Message):
        """The cross of a term was clicked; `text` is what is left."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Opened(Message):
        """The line was clicked beside the chips."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self._text = ""
        self._note: tuple[Span, ...] = ()
        self._zones: list[tuple[int, int, str]] = []

    def show(self, text: str, note: tuple[Span, ...]) -> None:
        if (text, note) != (self._text, self._note):
            self._text, self._note = text, note
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        spans: list[Span] = [("  ", "")]
        self._zones, x = [], 2
        for start, end in _places(self._text):
            chip: list[Span] = [
                (f" {self._text[start:end]} ", "strong on-cursor"),
                ("× ", "muted on-cursor"),
                (" ", ""),
            ]
            cells = width_of(chip)
            self._zones.append((x, x + cells - 1, (self._text[:start] + self._text[end:]).strip()))
            spans.extend(chip)
            x += cells
        if not self._text:
            spans.append((self._hint, "faint"))
            x += width_of([(self._hint, "")])
        note = self._note
        while note and x + width_of(note) + 2 > width:
            note = note[:-1]
        if note:
            spans.extend([(" " * (width - x - width_of(note) - 2), ""), *note])
        return strip_of(spans, palette_of(self), self.rich_style, width)

    def on_click(self, event: events.Click) -> None:
        for start, end, rest in self._zones:
            if start <= event.x < end:
                self.post_message(self.Removed(rest))
                return
        self.post_message(self.Opened())


class FilterBar(Widget):
    """Shows a filter, and lets one be written. `check` raises a `UsageError` for a filter that makes no sense."""

    DEFAULT_CSS = """
    FilterBar { height: auto; }
    FilterBar #edit { height: 1; display: none; }
    FilterBar #edit Static { width: 4; color: $accent; padding-left: 2; }
    FilterBar #trouble { height: auto; display: none; color: $warning; padding-left: 4; }
    FilterBar.-editing #edit { display: block; }
    FilterBar.-editing _Chips { display: none; }
    FilterBar.-trouble #trouble { display: block; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="filter.leave"),
        Binding("tab", "complete", "complete", id="filter.complete"),
    ]

    class Changed(Message):
        """Another filter is wanted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The line was left; the list should have the keyboard again."""

    def __init__(self, check: Callable[[str], object], hint: str) -> None:
        super().__init__()
        self._check = check
        self._chips = _Chips(hint)
        self._line = Input(classes="line", suggester=_Ghost(), select_on_focus=False)
        self.text = self._before = ""

    def compose(self) -> ComposeResult:
        yield self._chips
        with Horizontal(id="edit"):
            yield Static("/")
            yield self._line
        yield Static("", id="trouble", markup=False)

    @property
    def editing(self) -> bool:
        """True while the line is open."""
        return self.has_class("-editing")

    def show(self, text: str, note: tuple[Span, ...] = ()) -> None:
        """Show a filter and a note at the right."""
        self.text = text
        self._chips.show(text, note)

    def open(self) -> None:
        """Let the filter be written."""
        line, self._before = self._line, self.text
        with self.prevent(Input.Changed):
            line.value = f"{self.text} " if self.text else ""
        self.add_class("-editing")
        line.focus()
        line.cursor_position = len(line.value)

    def close(self) -> None:
        """Show the chips again."""
        self.remove_class("-editing", "-trouble")
        self.post_message(self.Left())

    def _complain(self, words: str) -> None:
        self.query_one("#trouble", Static).update(words)
        self.set_class(bool(words), "-trouble")

    def _try(self, text: str) -> bool:
        """Use the text as the filter, or say what is wrong with it."""
        try:
            self._check(text)
        except UsageError as error:
            self._complain(str(error))
            return False
        self._complain("")
        if text != self.text:
            self.post_message(self.Changed(text))
        return True

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._complain("")
        # A half-written term is no mistake yet: the filter follows the typing only where it makes sense.
        text = event.value.strip()
        try:
            self._check(text)
        except UsageError:
            return
        if text != self.text:
            self.post_message(self.Changed(text))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._try(event.value.strip()):
            self.close()

    @on(_Chips.Removed)
    def _removed(self, event: _Chips.Removed) -> None:
        event.stop()
        self.post_message(self.Changed(event.text))

    @on(_Chips.Opened)
    def _opened(self, event: _Chips.Opened) -> None:
        event.stop()
        self.open()

    def action_leave(self) -> None:
        """Close the line; the filter is again what it was."""
        if self.text != self._before:
            self.post_message(self.Changed(self._before))
        self.close()

    def action_complete(self) -> None:
        """Take the ghost."""
        head, space, last = self._line.value.rpartition(" ")
        whole = complete_term(last)
        if whole:
            self._line.value = f"{head}{space}{whole}"
            self._line.cursor_position = len(self._line.value)


def _places(text: str) -> list[tuple[int, int]]:
    """Where the terms stand; all of it is one when it cannot be read."""
    try:
        return [(term.start, term.end) for term in read_terms(text)]
    except UsageError:
        return [(0, len(text))] if text else []
