"""`x`: all that can be done to runs, each with its key, and why it cannot be where it cannot."""

from typing import ClassVar, Final

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.tui.acting.run_verbs import RUN_VERBS, VERBS, RunVerb
from flowtui.tui.acting.target import Target
from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.key_line import KeyLine
from flowtui.tui.widgets.paint import Span, Spans, fit, width_of
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["ActionMenuScreen"]

_COLUMNS: Final = (Column("", 3, align="right"), Column("", 22, share=1))
_WORDS: Final = max(len(verb.about.partition(":")[0]) for verb in VERBS)
_ROOMY: Final = 60
"""From so many cells on what is said of verbs stands in a column of its own."""


class ActionMenuScreen(ModalScreen[str | None]):
    """Answers with the id of a verb. Its key chooses one, or enter the one under the cursor; `/` looks for one."""

    DEFAULT_CSS = """
    ActionMenuScreen .title { padding-left: 2; }
    ActionMenuScreen Input { margin: 1 0 0 2; background: $surface; display: none; }
    ActionMenuScreen Input:focus { background: $surface; }
    ActionMenuScreen.-finding Input { display: block; }
    ActionMenuScreen VirtualTable { background: $surface; height: auto; max-height: 12; margin-top: 1; }
    ActionMenuScreen .keys { padding-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("x,q", "leave", show=False),
        Binding("slash", "find", "find"),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
    ]

    def __init__(self, target: Target, *, read_only: str = "") -> None:
        super().__init__()
        self._target, self._read_only = target, read_only
        self._rows = self._rows_for("")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(safe(self._title())), classes="title")
            yield Input(placeholder="find an action", classes="line")
            yield VirtualTable(
                _COLUMNS, self._rows, header=False, markable=False, empty="No action has that in it.", id="verbs"
            )
            yield KeyLine(("a letter", "does it"), ("enter", "does this"), ("/", "find"), ("esc", "back"))

    def on_mount(self) -> None:
        self.query_one(VirtualTable).focus()

    def _title(self) -> str:
        run = self._target.one
        return f"{self._target.name}   {run.state.name}" if run else self._target.name

    # -- what is listed -----------------------------------------------------------------------------------------------

    def _why_not(self, verb: RunVerb) -> str | None:
        """Why none of the runs can have it done; None when one can, or when not all are known."""
        if self._read_only:
            return self._read_only
        if not self._target.is_known:
            return None
        reasons = [verb.why_not_in(self._target, run) for run in self._target.runs]
        return None if None in reasons else reasons[0]

    def _fitting(self, verb: RunVerb) -> str:
        """How many of several it fits."""
        if self._target.one or not self._target.is_known or self._why_not(verb):
            return ""
        number = sum(verb.why_not_in(self._target, run) is None for run in self._target.runs)
        return "" if number == len(self._target.runs) else f"   {number} of {len(self._target.runs)}"

    def _rows_for(self, words: str) -> ItemRows[RunVerb]:
        wanted = words.lower().split()
        fitting = [verb for verb in VERBS if all(word in f"{verb.word} {verb.about}".lower() for word in wanted)]
        return ItemRows(fitting, lambda verb: verb.id, self._cells)

    def _cells(self, verb: RunVerb) -> list[Cell]:
        reason = self._why_not(verb)
        what, _, about = verb.about.partition(":")
        if reason is not None:
            return [[(verb.key, "faint")], _beside([(what, "faint")], [(reason, "faint")])]
        told: list[Span] = [(about.strip(), "muted")]
        return [[(verb.key, "bold accent")], _beside([(what, "strong")], told, [(self._fitting(verb), "accent")])]

    # -- choosing -----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """A verb's own key, unless something is being looked for."""
        if self.query_one(Input).has_focus or event.character is None:
            return
        verb = next((verb for verb in VERBS if verb.key == event.character), None)
        if verb is not None:
            event.stop()
            event.prevent_default()
            self._choose(verb)

    @on(VirtualTable.RowSelected)
    def _selected(self, message: VirtualTable.RowSelected) -> None:
        self._choose(RUN_VERBS[message.row_id])

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        verb = self._rows.get(self.query_one(VirtualTable).cursor_id)
        if verb is not None:
            self._choose(verb)

    def _choose(self, verb: RunVerb) -> None:
        reason = self._why_not(verb)
        if reason is None:
            self.dismiss(verb.id)
        else:
            self.app.notify(safe(f"{verb.word.capitalize()}: {reason.rstrip('.')}."), timeout=6, markup=False)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._rows = self._rows_for(event.value)
        table = self.query_one(VirtualTable)
        table.show(self._rows)
        table.action_move_to(0)

    def action_find(self) -> None:
        """Look for an action by its words."""
        self.add_class("-finding")
        self.query_one(Input).focus()

    def action_move(self, by: int) -> None:
        """Move in the list, also while the line has the keyboard."""
        self.query_one(VirtualTable).action_move(by)

    def action_leave(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)


def _beside(what: Spans, told: Spans, fitting: Spans = ()) -> Cell:
    """What is said of a verb, under what is said of the others where there is room. How many it fits is never cut."""

    def cell(width: int) -> Spans:
        words = max(_WORDS, width_of(what)) if width >= _ROOMY else width_of(what)
        left = max(width - words - 2 - width_of(fitting), 0)
        said = fit(told, left) if width_of(told) > left else told
        return [*fit(what, words), ("  ", ""), *said, *fitting]

    return cell
