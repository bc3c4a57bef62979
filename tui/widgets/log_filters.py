"""The filters of a log: as chips in a line above it, and as a panel in which they are written and switched."""

from collections.abc import Callable, Sequence
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

from flowtui.tui.formats import count
from flowtui.tui.logs.filter_words import HINT
from flowtui.tui.logs.filters import KINDS, Filter, FilterSet
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["FilterChips", "FilterPanel"]

_COLUMNS = (Column("", 3), Column("", 15), Column("", 16, share=1), Column("", 9, align="right"))


class FilterChips(Widget):
    """One line with all filters of a log; a click switches one."""

    DEFAULT_CSS = "FilterChips { height: 1; display: none; } FilterChips.-any { display: block; }"

    class Switched(Message):
        """A chip was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self) -> None:
        super().__init__()
        self._filters = FilterSet()
        self._zones: list[tuple[int, int, int]] = []

    def show(self, filters: FilterSet) -> None:
        """Show these."""
        if filters != self._filters:
            self._filters = filters
            self.set_class(bool(filters.filters), "-any")
            self.refresh()

    def render_line(self, y: int) -> Strip:
        spans: list[Span] = [("  ", "")]
        self._zones, x = [], 2
        for each in self._filters.filters:
            chip = _chip(each)
            self._zones.append((x, x + width_of(chip) - 1, each.number))
            spans.extend(chip)
            x += width_of(chip)
        if self._filters.context:
            spans.append((f"± {self._filters.context} {'line' if self._filters.context == 1 else 'lines'}", "muted"))
        return strip_of(spans, palette_of(self), self.rich_style, self.size.width)

    def on_click(self, event: events.Click) -> None:
        for start, end, number in self._zones:
            if start <= event.x < end:
                self.post_message(self.Switched(number))


def _chip(each: Filter) -> list[Span]:
    if not each.on:
        return [(f" {_word(each)} {each.words} ", "faint strike"), (" ", "")]
    return [(f" {_word(each)} ", "muted on-cursor"), (f"{each.words} ", "strong on-cursor"), (" ", "")]


def _word(each: Filter) -> str:
    return {"show": "/", "hide": "!", "level": "≥"}.get(each.kind, f"{each.kind}:")


class _Ghost(Suggester):
    """Completes fields, and the names that they take."""

    def __init__(self, complete: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        return self._complete(value)


class _Table(VirtualTable):
    """The filters, one a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "switch", "on or off", id="log-filters.switch"),
        Binding("x,delete,backspace", "remove", "remove", id="log-filters.remove"),
        Binding("a", "switch_all", "all on or off", id="log-filters.all"),
    ]

    class Pressed(Message):
        """Something is to be done with a filter."""

        def __init__(self, what: str, number: int) -> None:
            super().__init__()
            self.what, self.number = what, number

    def _press(self, what: str) -> None:
        if self.cursor_id is not None:
            self.post_message(self.Pressed(what, int(self.cursor_id)))

    def action_switch(self) -> None:
        """Switch the filter under the cursor."""
        self._press("switch")

    def action_remove(self) -> None:
        """Take the filter under the cursor away."""
        self._press("remove")

    def action_switch_all(self) -> None:
        """Switch all of them."""
        self._press("all")


class FilterPanel(Widget):
    """A line to write filters in, with how many lines the one in it would let through, and the filters below."""

    DEFAULT_CSS = """
    FilterPanel { height: auto; max-height: 12; display: none; border-top: solid $rule; layout: vertical; }
    FilterPanel.-open { display: block; }
    FilterPanel #log-filter-line { height: 1; }
    FilterPanel #log-filter-line .prompt { width: 4; color: $accent; padding-left: 2; }
    FilterPanel #log-filter-line Input { width: 1fr; height: 1; border: none; padding: 0; }
    FilterPanel #log-filter-note { width: auto; padding: 0 1; color: $muted; }
    FilterPanel.-trouble #log-filter-note { color: $warning; }
    FilterPanel _Table { height: auto; min-height: 1; max-height: 8; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="log-filters.leave"),
        Binding("down", "to_table", "filters", priority=True, id="log-filters.down"),
        Binding("tab", "complete", "complete", priority=True, id="log-filters.complete"),
    ]

    class Typed(Message):
        """Something was typed: how many lines would it let through?"""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Added(Typed):
        """A filter was written."""

    class Changed(Message):
        """Switch a filter (`switch`), take it away (`remove`), or switch `all`."""

        def __init__(self, what: str, number: int) -> None:
            super().__init__()
            self.what, self.number = what, number

    class Left(Message):
        """The panel is no longer wanted."""

    def __init__(self, complete: Callable[[str], str | None]) -> None:
        super().__init__()
        self._complete = complete
        self._line = Input(placeholder=HINT, classes="line", suggester=_Ghost(complete), select_on_focus=False)
        self._table = _Table(_COLUMNS, header=False, markable=False, empty="No filter yet.")
        self._note = Static("", id="log-filter-note", markup=False)
        self._any = False

    def compose(self) -> ComposeResult:
        with Horizontal(id="log-filter-line"):
            yield Static("&", classes="prompt")
            yield self._line
            yield self._note
        yield self._table

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("-open")

    def open(self) -> None:
        """Show it, ready to write."""
        self.add_class("-open")
        self.screen.set_focus(self._line)  # at once: what is typed next is for it

    def say(self, words: str, *, trouble: bool = False) -> None:
        """What is to be said about what stands in the line."""
        self.set_class(trouble, "-trouble")
        self._note.update(words)

    def show(self, filters: FilterSet, counts: Sequence[tuple[int, bool]]) -> None:
        """Show these filters; how many lines each lets through, and whether that is all that there are."""
        told = {each.number: found for each, found in zip(filters.filters, counts, strict=True)}

        def cells(each: Filter) -> list[Cell]:
            number, whole = told[each.number]
            role = "strong" if each.on else "faint"
            return [
                [("●" if each.on else "○", "completed" if each.on else "faint")],
                [(KINDS[each.kind], "muted" if each.on else "faint")],
                [(each.words, role)],
                [(count(number) + ("" if whole else "…"), "muted")],
            ]

        self._table.show(ItemRows(filters.filters, lambda each: str(each.number), cells))
        if self._any != bool(filters.filters):
            self._any = not self._any
            self.refresh_bindings()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.post_message(self.Added(event.value))
        else:
            self.action_leave()

    def clear(self) -> None:
        """What was written has become a filter."""
        self._line.value = ""

    @on(_Table.Pressed)
    def _pressed(self, message: _Table.Pressed) -> None:
        message.stop()
        self.post_message(self.Changed(message.what, message.number))

    def action_complete(self) -> None:
        """Take the ghost; with nothing to complete, go between line and filters."""
        whole = self._complete(self._line.value) if self._line.has_focus else None
        if whole is not None:
            self._line.value = whole
            self._line.cursor_position = len(whole)
        elif self._line.has_focus:
            self._table.focus()
        else:
            self._line.focus()

    def action_to_table(self) -> None:
        """Go to the filters."""
        self._table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._line.has_focus and self._any if action == "to_table" else True

    def action_leave(self) -> None:
        """Close the panel; the filters stay."""
        self.remove_class("-open")
        self.post_message(self.Left())
