"""What the run gave, and what each of its tasks gave."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from textual import on
from textual.containers import Vertical
from textual.widget import Widget

from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.results.previews import result_text
from flowtui.engine.states import State
from flowtui.tui.piping.records import Records
from flowtui.tui.run.handing_on import records_of_results
from flowtui.tui.run.panes import RunPane
from flowtui.tui.run.seen import Seen
from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Spans
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.value_view import ValueView
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["ResultPane", "make"]

_COLUMNS: Final = (Column("RESULT OF", 16, share=1, most=36), Column("VALUE", 20, share=3))
_LONGEST: Final = 400
"""Characters of a value that are looked at for its line."""


class ResultPane(RunPane):
    """The run and its tasks above, the value under the cursor below."""

    DEFAULT_CSS = """
    ResultPane > VirtualTable { height: auto; max-height: 50%; }
    ResultPane.-low > VirtualTable { max-height: 100%; }
    ResultPane Vertical { height: 1fr; border-top: solid $rule; }
    ResultPane ValueView { height: 1fr; max-height: 100%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._run: FlowRun | None = None
        self._tasks: Mapping[str, TaskRun] = {}

    def compose(self) -> Iterable[Widget]:
        yield VirtualTable(_COLUMNS, markable=False, id="results")
        with Vertical(classes="detail"):
            yield ValueView(id="value")

    @property
    def main(self) -> VirtualTable:
        return self.query_one("#results", VirtualTable)

    def handed_on(self, seen: Seen) -> Records | None:
        return records_of_results(seen.run, list(self._tasks.values()))

    def show_run(self, seen: Seen) -> None:
        trunk = seen.branches.trunk
        tasks = [task for task in trunk.tasks.tasks if _has_result(task)] if trunk is not None else []
        self._run, self._tasks = seen.run, {task.id: task for task in tasks}
        items: list[tuple[str, str, Spans]] = [(seen.run.id, seen.run.name, _run_line(seen.run))]
        items.extend((task.id, task.name, _line(task.result, task.state)) for task in tasks)
        self.main.show(ItemRows(items, lambda item: item[0], _cells))
        self._show_value()

    @on(VirtualTable.RowHighlighted, "#results")
    def _show_value(self) -> None:
        run, chosen = self._run, self._tasks.get(self.main.cursor_id or "")
        if run is None:
            return
        view = self.query_one("#value", ValueView)
        if chosen is None:
            view.show_json(run.result, _no_result(run))
        else:
            kept = result_text(chosen.result, chosen.state.details) or ""
            view.show_json(chosen.result, safe(f"The result is kept elsewhere: {kept}"))

    @on(VirtualTable.RowSelected, "#results")
    def _chosen(self) -> None:
        """Enter goes to the value, where `y` copies it."""
        self.read_detail(self.query_one("#value"))


def _has_result(task: TaskRun) -> bool:
    return task.state.is_completed() and result_text(task.result, task.state.details) is not None


def _cells(item: tuple[str, str, Spans]) -> list[Cell]:
    return [[(item[1], "text")], item[2]]


def _line(result: str | None, state: State) -> Spans:
    if result is not None:
        return [(result[:_LONGEST], "muted")]
    return [(f"kept elsewhere: {result_text(None, state.details)}", "faint")]


def _run_line(run: FlowRun) -> Spans:
    return [(run.result[:_LONGEST], "text")] if run.result is not None else [(_no_result(run), "faint")]


def _no_result(run: FlowRun) -> str:
    """Why there is no result to show."""
    if not run.state.is_final():
        return "The run has not ended yet."
    if not run.state.is_completed():
        return f"The run is {run.state.name}, so it has no result."
    details: Mapping[str, Any] = run.state.details
    kept = result_text(None, details)
    if kept is not None:
        return safe(f"The result is kept elsewhere: {kept}")
    return "The result was not kept: without persist_result=True only small values that are exact in JSON are."


make = ResultPane
