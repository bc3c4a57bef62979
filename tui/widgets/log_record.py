"""The panel beside a log: everything about the line under the cursor."""

from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType

from flowtui.engine.model import LogLine
from flowtui.tui.logs.facts import RunFacts
from flowtui.tui.logs.record import record_rows
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["RecordPanel"]


class RecordPanel(VirtualTable):
    """Follows the cursor of the log."""

    DEFAULT_CSS = "RecordPanel { display: none; } RecordPanel.-open { display: block; }"

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "app.focus_previous", "back to the log", show=False)]

    def __init__(self) -> None:
        super().__init__([Column("", 10, share=1)], header=False, markable=False, quiet=True, empty="No line.")
        self._line: LogLine | None = None
        self._facts = RunFacts()
        self._zone: tzinfo | None = None
        self._laid_out: object = None

    def show_line(self, line: LogLine | None, facts: RunFacts, zone: tzinfo | None) -> None:
        """Show another line."""
        self._line, self._facts, self._zone = line, facts, zone
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()
        super().on_resize()

    def _lay_out(self) -> None:
        width, line = max(self.size.width - 6, 20), self._line
        if (width, line, self._zone, self._facts) == self._laid_out:
            return
        self._laid_out = (width, line, self._zone, self._facts)
        rows = record_rows(line, self._facts, self._zone, width) if line is not None else []
        self.show(ItemRows(list(enumerate(rows)), lambda pair: str(pair[0]), lambda pair: [pair[1]]))
        self.action_move_to(0)
