"""Which state runs are to be put into, and why: a menu of states, each with what the rules say of it."""

from datetime import datetime
from typing import ClassVar, Final, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.engine.model import FlowRun
from flowtui.engine.orchestration.rules import Facts, decide
from flowtui.engine.run_changes import SetState
from flowtui.engine.states import Scheduled, State, StateType
from flowtui.tui.acting.target import Target
from flowtui.tui.looks import look_of
from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.key_line import KeyLine
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["StateMenuScreen"]

_COLUMNS: Final = (Column("", 2, align="right"), Column("", 9), Column("", 20, share=1, rank=1))
_HERE: Final = "Set from the workstation."


class _Choice(NamedTuple):
    type: StateType
    name: str
    about: str


_CHOICES: Final = (
    _Choice(StateType.COMPLETED, "Completed", "it ended well; it is never run again"),
    _Choice(StateType.FAILED, "Failed", "it ended badly; it can be retried"),
    _Choice(StateType.CRASHED, "Crashed", "something outside of its code ended it"),
    _Choice(StateType.CANCELLED, "Cancelled", "somebody ended it"),
    _Choice(StateType.SCHEDULED, "Scheduled", "it waits for a worker, due at once"),
    _Choice(StateType.PENDING, "Pending", "somebody is about to start it"),
    _Choice(StateType.RUNNING, "Running", "its code runs"),
)


class StateMenuScreen(ModalScreen[SetState | None]):
    """Answers with what is to be done. The message is written on the line; enter there, or on a state, sets it."""

    DEFAULT_CSS = """
    StateMenuScreen .title, StateMenuScreen .keys { padding-left: 2; }
    StateMenuScreen VirtualTable { background: $surface; height: auto; max-height: 9; margin-top: 1; }
    StateMenuScreen Input { margin: 1 0 0 2; background: $surface; }
    StateMenuScreen Input:focus { background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("tab", "app.focus_next", "message", show=False),
        Binding("shift+tab", "app.focus_previous", "states", show=False),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
        Binding("ctrl+f", "force", "force", show=False, priority=True),
    ]

    def __init__(self, target: Target, now: datetime) -> None:
        super().__init__()
        self._target, self._now = target, now
        self._force = False
        self._rows = self._rows_now()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(safe(f"Which state for {self._target.name}?")), classes="title")
            yield VirtualTable(_COLUMNS, self._rows, header=False, markable=False, id="states")
            yield Input(placeholder="why, to be read beside the state", classes="line")
            yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(VirtualTable).focus()
        self._show_keys()

    def _show_keys(self) -> None:
        force = "ask the rules again" if self._force else "do not ask the rules"
        self.query_one(KeyLine).show((("enter", "set"), ("tab", "message"), ("^f", force), ("esc", "back")))

    def _rows_now(self) -> ItemRows[_Choice]:
        return ItemRows(_CHOICES, lambda choice: choice.name, self._cells)

    def _why_not(self, choice: _Choice) -> str | None:
        run = self._target.one
        return None if run is None or self._force else _refusal(run, choice, self._now)

    def _cells(self, choice: _Choice) -> list[Cell]:
        state = State(type=choice.type, name=choice.name, details={})
        look, reason = look_of(state), self._why_not(choice)
        if reason is not None:
            return [[(look.glyph, "faint")], [(choice.name, "faint")], [(reason, "faint")]]
        return [[(look.glyph, look.role)], [(choice.name, "strong")], [(choice.about, "muted")]]

    @on(VirtualTable.RowSelected)
    def _selected(self) -> None:
        self._choose()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose()

    def _choose(self) -> None:
        choice = self._rows.get(self.query_one(VirtualTable).cursor_id)
        if choice is None:
            return
        reason = self._why_not(choice)
        if reason is not None:
            self.app.notify(safe(f"{choice.name}: {reason}."), timeout=6, markup=False)
            return
        message = self.query_one(Input).value.strip() or _HERE
        self.dismiss(SetState(type=choice.type, name=choice.name, message=message, force=self._force))

    def action_move(self, by: int) -> None:
        """Move among the states, also while the line has the keyboard."""
        self.query_one(VirtualTable).action_move(by)

    def action_force(self) -> None:
        """Ask the rules, or do not."""
        self._force = not self._force
        self._rows = self._rows_now()
        self.query_one(VirtualTable).show(self._rows)
        self._show_keys()

    def action_leave(self) -> None:
        """Close without a state."""
        self.dismiss(None)


def _refusal(run: FlowRun, choice: _Choice, now: datetime) -> str | None:
    """Why the rules would not have it, as far as can be seen from here; None when they would."""
    facts = Facts(
        now=now,
        owned=run.lease_until is not None and run.lease_until > now,
        by_owner=False,
        can_restart=run.deployment_id is not None,
        is_subflow=run.parent_task_run_id is not None,
    )
    is_scheduled = choice.type is StateType.SCHEDULED
    state = Scheduled(now, name=choice.name) if is_scheduled else State(type=choice.type, name=choice.name)
    decision = decide(run.state, state, facts)
    return (
        None
        if decision.status == "ACCEPT"
        else (decision.reason or "the rules refuse it").replace(" ID ", f" {run.id} ")
    )
