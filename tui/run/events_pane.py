"""What happened in the run, the newest first, live."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import Final

from textual import on
from textual.widget import Widget

from flowtui.engine.model import Change
from flowtui.tui.formats import gist, log_time
from flowtui.tui.looks import look_of
from flowtui.tui.piping.records import Records
from flowtui.tui.run.handing_on import records_of_events
from flowtui.tui.run.history import state_of
from flowtui.tui.run.panes import RunPane
from flowtui.tui.run.seen import Seen
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["EventsPane", "make"]

_COLUMNS: Final = (
    Column("WHEN", 12, align="right", rank=1),
    Column("WHAT", 9, rank=2),
    Column("NAME", 14, share=2, most=36),
    Column("EVENT", 16),
    Column("MESSAGE", 10, share=3, rank=3),
)
_KINDS: Final = {"flow-run": "flow run", "task-run": "task run", "run": "flow run", "artifact": "artifact"}


class EventsPane(RunPane):
    """A row for each change: of the run's state, of its tasks' states, of its artifacts, of its tags."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: Seen | None = None
        self._shown: tuple[object, ...] = ()

    def compose(self) -> Iterable[Widget]:
        yield VirtualTable(_COLUMNS, markable=False, empty="reading what happened …", id="event-rows")

    @property
    def main(self) -> VirtualTable:
        return self.query_one("#event-rows", VirtualTable)

    def handed_on(self, seen: Seen) -> Records | None:
        return records_of_events(seen.run, self._found(seen), _names(seen))

    def _found(self, seen: Seen) -> list[Change]:
        """What had happened by then, the newest first."""
        history, until = self.reader.history, seen.now if seen.replayed else None
        changes = history.changes if history is not None else ()
        return [change for change in reversed(changes) if until is None or change.occurred <= until]

    def show_run(self, seen: Seen) -> None:
        self._seen = seen
        self._show()

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        await self.reader.read_history(changes)
        self._show()

    @on(VirtualTable.RowSelected, "#event-rows")
    def _chosen(self, message: VirtualTable.RowSelected) -> None:
        """Enter on what happened to a task shows its log."""
        message.stop()
        history = self.reader.history
        found = next((c for c in history.changes if str(c.seq) == message.row_id), None) if history else None
        if found is not None and found.kind == "task-run" and found.flow_run_id is not None:
            self.post_message(self.TaskChosen(found.flow_run_id, found.subject_id))

    def _show(self) -> None:
        seen, history = self._seen, self.reader.history
        if seen is None or history is None:
            return
        until = seen.now if seen.replayed else None
        if (wanted := (history, until, seen.zone, len(seen.outline.rows))) == self._shown:
            return
        self._shown = wanted
        names = _names(seen)
        rows = ItemRows(
            self._found(seen), lambda change: str(change.seq), lambda change: _cells(change, names, seen.zone)
        )
        self.main.show(rows, empty="Nothing has happened yet.")


def _names(seen: Seen) -> dict[str, str]:
    names = {task.id: task.name for task in seen.branches.all_tasks()}
    names.update({made.id: made.key or made.type for made in seen.artifacts})
    names[seen.run.id] = seen.run.name
    return names


def _cells(change: Change, names: dict[str, str], zone: tzinfo | None) -> list[Cell]:
    state = state_of(change)
    event: list[Span] = [(change.name, "text")]
    if state is not None:
        look = look_of(state)
        event = [(f"{look.glyph} {look.word}", look.role)]
    message = gist(state.message) if state is not None else ""
    return [
        [(log_time(change.occurred, zone), "muted")],
        [(_KINDS.get(change.kind, change.kind), "faint")],
        [(names.get(change.subject_id, change.subject_id[:8]), "text")],
        event,
        [(message, "muted")],
    ]


make = EventsPane
