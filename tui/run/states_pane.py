"""How the run went, state by state, and how the task went that the timeline's cursor is on."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Final

from textual.widget import Widget

from flowtui.engine.model import Change
from flowtui.engine.states import State
from flowtui.tui.formats import duration, log_time, moment
from flowtui.tui.piping.records import Records
from flowtui.tui.run.handing_on import records_of_states
from flowtui.tui.run.panes import RunPane
from flowtui.tui.run.seen import Seen
from flowtui.tui.run_cells import state_spans
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.heading import Heading
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["StatesPane", "make", "state_rows"]

_COLUMNS: Final = (
    Column("WHEN", 12, align="right"),
    Column("AFTER", 6, align="right"),
    Column("STATE", 15),
    Column("MESSAGE", 10, share=1, rank=1),
)


class StateTable(VirtualTable):
    """States are looked at, not opened."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return False if action == "select" else super().check_action(action, parameters)


class StatesPane(RunPane):
    """The run's states above; below, those of the task that the timeline's cursor is on."""

    DEFAULT_CSS = """
    StatesPane StateTable { height: 1fr; }
    StatesPane #states-of-run { height: auto; max-height: 50%; }
    StatesPane.-low #states-of-run { max-height: 100%; }
    StatesPane Heading { margin-top: 1; }
    StatesPane.-low Heading, StatesPane.-low #states-of-task { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: Seen | None = None
        self._read: tuple[str, str] | None = None
        """Of which task, in which state, the history was read last."""

    def compose(self) -> Iterable[Widget]:
        yield StateTable(_COLUMNS, markable=False, empty="reading the states …", id="states-of-run")
        yield Heading("The task under the timeline's cursor", id="states-task")
        yield StateTable(
            _COLUMNS, markable=False, header=False, quiet=True, empty="There is none.", id="states-of-task"
        )

    @property
    def main(self) -> Widget:
        return self.query_one("#states-of-run")

    def handed_on(self, seen: Seen) -> Records | None:
        return records_of_states(seen.run, seen.states)

    def show_run(self, seen: Seen) -> None:
        self._seen = seen
        self.query_one("#states-of-run", StateTable).show(state_rows(seen.states, seen.now, seen.zone))
        task = seen.task
        if task is not None:
            self.query_one("#states-task", Heading).show(task.name, "", "muted")

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        seen = self._seen
        task = seen.task if seen is not None else None
        if seen is None or task is None or self._read == (task.id, task.state.id):
            return
        states = await self.workstation.call(self.workstation.client.task_run_states, task.id)
        if seen.replayed:
            states = tuple(state for state in states if state.timestamp <= seen.now)
        self._read = (task.id, task.state.id)
        self.query_one("#states-of-task", StateTable).show(state_rows(states, seen.now, seen.zone))


def state_rows(states: Sequence[State], now: datetime, zone: tzinfo | None) -> ItemRows[State]:
    """Each state with how long after the one before it came."""
    before = {state.id: states[index - 1] if index else None for index, state in enumerate(states)}

    def cells(state: State) -> list[Cell]:
        earlier = before[state.id]
        after = duration(state.timestamp - earlier.timestamp) if earlier is not None else ""
        when = moment(state.timestamp, now, zone)
        if len(when) == len("14:02:05"):
            when = log_time(state.timestamp, zone)
        return [[(when, "muted")], [(after, "muted")], state_spans(state), [(state.message or "", "text")]]

    return ItemRows(states, lambda state: state.id, cells)


make = StatesPane
