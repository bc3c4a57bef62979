"""The filter of a list: its terms as chips, one line to write the next, and the candidates for it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.listing import QueryValue
from flowtui.engine.query_edits import split
from flowtui.engine.query_fields import RUNS
from flowtui.engine.query_reading import QueryError, read_terms
from flowtui.engine.query_vocabulary import Vocabulary
from flowtui.tui.completing import Offer, Wanted, last_token, offers, offers_of, wanted
from flowtui.tui.widgets.chips import Chips
from flowtui.tui.widgets.completion_menu import CompletionMenu
from flowtui.tui.widgets.paint import Span, palette_of
from flowtui.tui.widgets.query_line import QueryLine

__all__ = ["FilterBar"]

_LEAST_LINE = 24
"""Cells that the line has at least while the chips share them."""
Ask = Callable[[Wanted], Awaitable[Sequence[QueryValue]]]


class FilterBar(Widget):
    """Shows a filter, and lets one be written in the words of a list. `ask` answers with values of a field, and is
    never waited for: of what was asked while it worked, the last counts.
    """

    DEFAULT_CSS = """
    FilterBar { height: auto; }
    FilterBar #line { height: 1; }
    FilterBar QueryLine { display: none; width: 1fr; }
    FilterBar #trouble { height: auto; display: none; color: $warning; padding-left: 4; }
    FilterBar.-editing QueryLine { display: block; }
    FilterBar.-trouble #trouble { display: block; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="filter.leave"),
        Binding("tab", "complete", "complete", id="filter.complete"),
        Binding("down", "move(1)", "next candidate", show=False, id="filter.down"),
        Binding("up", "move(-1)", "candidate before", show=False, id="filter.up"),
    ]

    class Changed(Message):
        """Another filter is wanted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The line was left; the list should have the keyboard again."""

    def __init__(self, hint: str, ask: Ask | None = None, vocabulary: Vocabulary = RUNS) -> None:
        super().__init__()
        self._ask, self._vocabulary = ask, vocabulary
        self._chips = Chips(hint)
        self._line = QueryLine(self._steer)
        self._menu = CompletionMenu()
        self.text = self._before = ""
        self._note: tuple[Span, ...] = ()
        self._terms: tuple[str, ...] = ()
        self._chosen: int | None = None
        self._wanted: Wanted | None = None
        self._asking = False

    def compose(self) -> ComposeResult:
        with Horizontal(id="line"):
            yield self._chips
            yield self._line
        yield Static("", id="trouble", markup=False)
        yield self._menu

    @property
    def editing(self) -> bool:
        """True while the line is open."""
        return self.has_class("-editing")

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The candidates that are shown."""
        return self._menu.offers

    def show(self, text: str, note: tuple[Span, ...] = ()) -> None:
        """Show a filter and a note at the right."""
        self.text, self._note = text, note
        self._draw()

    def open(self) -> None:
        """Let the next term be written."""
        self._before, self._chosen = self.text, None
        self._terms = self._split(self.text)
        self._put("")
        self.add_class("-editing")
        self._line.focus()
        self._draw()
        self._offer()

    def close(self) -> None:
        """Show the chips alone again."""
        self.remove_class("-editing", "-trouble")
        self._menu.close()
        self._draw()
        self.post_message(self.Left())

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        if not self.editing:
            self._chips.styles.width = "1fr"
            self._chips.show(self._split(self.text), self._note)
            return
        self._chips.show(self._terms, (), self._chosen)
        room = max(self.size.width - _LEAST_LINE, 2)
        self._chips.styles.width = min(self._chips.cells(), room) if self._terms else 2

    # -- writing ----------------------------------------------------------------------------------------------------

    def _put(self, value: str) -> None:
        """Write into the line without taking it for typing."""
        with self.prevent(Input.Changed):
            self._line.value = value
        self._line.cursor_position = len(value)

    def _whole(self, *, finished: bool) -> str:
        """All that is written. A word that may become a field is none of it before it is finished."""
        value = self._line.value
        token = last_token(value)
        if not finished and token and any(offer.is_open for offer in self._offers(token)):
            value = value[: len(value) - len(token)]
        return " ".join(filter(None, (*self._terms, value.strip())))

    def _follow(self, *, finished: bool = False) -> bool:
        """Have the list follow what makes sense of what is written. A term that is not finished is no mistake yet."""
        text = self._whole(finished=finished)
        try:
            read_terms(text, self._vocabulary)
        except UsageError as error:
            self._complain(error, finished=finished)
            return False
        self._complain(None)
        if text != self.text:
            self.text = text
            self.post_message(self.Changed(text))
        return True

    def _complain(self, error: UsageError | None, *, finished: bool = True) -> None:
        """Underline what is wrong, and say it below, once the term is finished."""
        value = self._line.value
        span = None
        try:
            read_terms(value, self._vocabulary)
        except QueryError as wrong:
            span = (wrong.start, wrong.end)
        finished = finished or (span is not None and value[span[1] :].strip() != "") or value.endswith(" ")
        shown = error if finished else None
        self._line.underline(span if shown is not None else None, palette_of(self).style("underline warning"))
        self.query_one("#trouble", Static).update(str(shown) if shown is not None else "")
        self.set_class(shown is not None, "-trouble")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._chosen = None
        if event.value.endswith(" ") and last_token(event.value) == "":
            self._settle()
        self._follow()
        self._draw()
        self._offer()

    def _settle(self) -> None:
        """Make chips of what is written and makes sense."""
        try:
            new = split(self._line.value, self._vocabulary)
        except QueryError:
            return
        self._terms = (*self._terms, *new)
        self._put("")

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._menu.chosen is not None:
            self._take(self._menu.chosen)
        elif self._chosen is not None:
            self._edit(self._chosen)
        elif self._follow(finished=True):
            self.close()
        else:
            self._menu.close()

    def action_leave(self) -> None:
        """Leave the candidates, then the line; the filter is again what it was."""
        if self._menu.chosen is not None:
            self._menu.close()
            return
        if self.text != self._before:
            self.post_message(self.Changed(self._before))
        self.close()

    # -- candidates -------------------------------------------------------------------------------------------------

    def _offer(self) -> None:
        """Show how the term may go on: at once what the language knows, then what the store does."""
        token = last_token(self._line.value)
        self._menu.show(self._offers(token), self._menu_column())
        asked = self._wants(token)
        self._wanted = asked
        if asked is not None and self._ask is not None and not self._asking:
            self._asking = True
            self.run_worker(self._ask_store(self._ask), group="values", exit_on_error=False)

    def _offers(self, token: str) -> tuple[Offer, ...]:
        return offers(token, self._vocabulary)

    def _wants(self, token: str) -> Wanted | None:
        return wanted(token, self._vocabulary)

    def _menu_column(self) -> int:
        width = self._chips.styles.width
        chips = int(width.value) if width is not None and self._terms else 2
        return chips + max(len(self._line.value) - len(last_token(self._line.value)), 0)

    async def _ask_store(self, ask: Ask) -> None:
        try:
            while (asked := self._wanted) is not None:
                self._wanted = None
                values = await ask(asked)
                token = last_token(self._line.value)
                if self.editing and self._wants(token) == asked:
                    known = {offer.text: offer for offer in (*self._offers(token), *offers_of(asked, values))}
                    self._menu.show(tuple(known.values()), self._menu_column())
        except FlowtuiError:
            pass  # the list says that the store does not answer
        finally:
            self._asking = False

    def _take(self, offer: Offer) -> None:
        """Write an offer in the place of the token."""
        value = self._line.value
        self._put(value[: len(value) - len(last_token(value))] + offer.text)
        self._menu.close()
        if not offer.is_open:
            self._settle()
        self._follow()
        self._draw()
        self._offer()

    @on(CompletionMenu.Taken)
    def _taken(self, event: CompletionMenu.Taken) -> None:
        event.stop()
        self._take(event.offer)
        self._line.focus()

    def action_complete(self) -> None:
        """Take the candidate that was moved to, else the first."""
        offer = self._menu.chosen or next(iter(self._menu.offers), None)
        if offer is not None:
            self._take(offer)

    def action_move(self, by: int) -> None:
        """Move in the candidates."""
        self._menu.move(by)

    # -- chips ------------------------------------------------------------------------------------------------------

    def _steer(self, key: str) -> bool:
        """What the keys of the line do to chips."""
        chosen = self._chosen
        if chosen is None:
            if key not in ("left", "backspace") or not self._terms or self._line.cursor_position > 0:
                return False
            if key == "backspace" and self._line.value:
                return False
            if key == "left":
                self._choose(len(self._terms) - 1)
            else:
                self._remove(len(self._terms) - 1)
            return True
        if key in ("backspace", "delete"):
            self._remove(chosen)
            self._choose(min(chosen, len(self._terms) - 1) if self._terms and chosen < len(self._terms) else None)
        elif key == "left":
            self._choose(max(chosen - 1, 0))
        else:
            self._choose(chosen + 1 if chosen + 1 < len(self._terms) else None)
        return True

    def _choose(self, position: int | None) -> None:
        self._chosen = position
        self._menu.close()
        self._draw()

    def _remove(self, position: int) -> None:
        self._terms = (*self._terms[:position], *self._terms[position + 1 :])
        self._follow()
        self._draw()

    def _edit(self, position: int) -> None:
        """Take a chip back into the line, before what stands there."""
        term = self._terms[position]
        self._terms = (*self._terms[:position], *self._terms[position + 1 :])
        self._chosen = None
        self._put(" ".join(filter(None, (term, self._line.value))))
        self._line.cursor_position = len(term)
        self._draw()
        self._offer()

    @on(Chips.Removed)
    def _removed(self, event: Chips.Removed) -> None:
        event.stop()
        if self.editing:
            self._remove(event.position)
            return
        terms = self._split(self.text)
        self.post_message(self.Changed(" ".join((*terms[: event.position], *terms[event.position + 1 :]))))

    @on(Chips.Opened)
    def _opened(self, event: Chips.Opened) -> None:
        event.stop()
        if not self.editing:
            self.open()

    def _split(self, text: str) -> tuple[str, ...]:
        """The terms as they were written; all of it is one when it cannot be read."""
        try:
            return split(text, self._vocabulary)
        except UsageError:
            return (text,) if text else ()
