"""A batch under way: how far it is, what failed and why, and trying that again."""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from flowtui.engine.bulk import Outcome
from flowtui.engine.run_changes import RunChange
from flowtui.tui.acting.job import Job
from flowtui.tui.text import safe
from flowtui.tui.widgets.bars import progress
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.key_line import KeyLine
from flowtui.tui.widgets.paint import Span, palette_of
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["BatchScreen"]

_COLUMNS: Final = (Column("RUN", 13, share=1, most=32), Column("WHY NOT", 14, share=4))
_SHOWN: Final = 1_000
"""So many failures are listed."""


class BatchScreen(ModalScreen[None]):
    """Looks on: closing it stops nothing, and it closes itself when all went well. `again` tries what failed again."""

    DEFAULT_CSS = """
    BatchScreen #bar { margin-top: 1; }
    BatchScreen VirtualTable { background: $surface; height: auto; max-height: 12; margin-top: 1; display: none; }
    BatchScreen.-failed VirtualTable { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("S", "stop", "stop", id="batch.stop"),
        Binding("R", "again", "try what failed again", id="batch.again"),
        Binding("escape,b", "leave", "go on in the background", key_display="esc", id="batch.leave"),
    ]

    def __init__(self, job: Job, again: Callable[[], None]) -> None:
        super().__init__()
        self.job = job
        self._again = again
        self._failed = -1

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(safe(self.job.title)), classes="title")
            yield Static(id="bar")
            yield Static(id="counts")
            yield VirtualTable(_COLUMNS, markable=False, id="failures")
            yield KeyLine()

    def on_mount(self) -> None:
        self.job.watch(self._show)
        self._show()

    def on_unmount(self) -> None:
        self.job.unwatch(self._show)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        job = self.job
        if not self.is_attached or not self.query("#bar"):
            return
        if not job.is_running and not job.failed and job.tried == job.total:
            if self.is_current:
                self.dismiss(None)
            return
        palette = palette_of(self)
        width = max(self.query_one("#bar").size.width - 8, 10)
        part = job.tried / max(job.total, 1)
        bar = _bar(job, width)
        text = Text.assemble(
            *((words, palette.style(role) if isinstance(role, str) else role) for words, role in bar),
            f" {int(part * 100):>3} %",
        )
        self.query_one("#bar", Static).update(text)
        state = "" if job.is_running else "Stopped. " if job.is_stopped and job.tried < job.total else ""
        self.query_one("#counts", Static).update(f"{state}{job.tried:,} of {job.total:,}: {job.words}.")
        self._show_failures()
        self.query_one(KeyLine).show(self._keys())

    def _show_failures(self) -> None:
        failed = self.job.failed
        self.set_class(bool(failed), "-failed")
        if len(failed) == self._failed:
            return
        self._failed = len(failed)
        rows: ItemRows[tuple[RunChange, Outcome]] = ItemRows(failed[:_SHOWN], lambda one: one[1].run_id, self._cells)
        table = self.query_one(VirtualTable)
        table.show(rows)
        if failed and not table.has_focus:
            table.focus()

    def _keys(self) -> list[tuple[str, str]]:
        if self.job.is_running:
            return [("S", "stop after those under way"), ("esc", "go on in the background")]
        again = [("R", f"try the {len(self.job.failed):,} again")] if self.job.failed else []
        return [*again, ("esc", "close")]

    def action_stop(self) -> None:
        """Leave the rest as it is."""
        self.job.stop()

    def action_again(self) -> None:
        """Try what failed once more."""
        if self.job.failed and not self.job.is_running:
            self._again()

    def action_leave(self) -> None:
        """Close; what is under way goes on."""
        self.dismiss(None)

    def _cells(self, one: tuple[RunChange, Outcome]) -> list[Cell]:
        outcome = one[1]
        name = self.job.names.get(outcome.run_id, outcome.run_id[-12:])
        return [[(name, "strong")], [((outcome.reason or "refused").rstrip("."), "text")]]


def _bar(job: Job, width: int) -> list[Span]:
    """What went well, what failed, and what is left, each as long as it is many."""
    total = max(job.total, 1)
    bad = min(max(round(len(job.failed) / total * width), 1), width) if job.failed else 0
    good = progress((job.tried - len(job.failed)) / max(total - len(job.failed), 1), width - bad, "accent")
    well, left = good[0], good[-1]
    return [well, ("█" * bad, "failed"), left]
