"""The logs of several runs as one: each run in its colour, by time."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.engine.model import Change, FlowRun, TaskRunFilter
from flowtui.tui.logs.facts import RunFacts
from flowtui.tui.logs.merged import MergedLog
from flowtui.tui.logs.skew import skew_words
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.log_pane import LogPane
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.title import Title

__all__ = ["LogsScreen"]

_COLOURS: Final = ("running", "paused", "completed", "crashed", "late", "accent", "pending")
_TASKS: Final = 1000
_MOST_TASKS: Final = 20_000
"""Tasks of a run whose names are read."""
_MOST_RUNS: Final = 50
_LEAST_NAME: Final = 8


class LogsScreen(ShellScreen):
    """Given one run, its subflows come along."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="logs.back"),
        Binding("K", "clocks", "clocks as they were, or corrected", show=False, id="logs.clocks"),
    ]

    def __init__(self, run_ids: Sequence[str]) -> None:
        super().__init__()
        self.run_ids = list(dict.fromkeys(run_ids))
        self._runs: dict[str, FlowRun] = {}
        self._names: dict[str, str] = {}
        self._tried = 1
        self._opened = False
        self._by_store = True
        self._merged: MergedLog | None = None

    def compose_body(self) -> Iterable[Widget]:
        yield Title()
        yield LogPane(self.workstation.zone, id="logs")

    def on_mount(self) -> None:
        self.query_one(LogPane).view.focus()

    def wants(self, changes: tuple[Change, ...]) -> bool:
        if not changes:
            return any(not run.state.is_final() for run in self._runs.values()) or not self._runs
        return any(change.flow_run_id in self._runs or change.subject_id in self._runs for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        pane = self.query_one(LogPane)
        if changes is None or changes:
            await self._read_runs()
        if not self._opened:
            self._opened = True
            self._merge(pane)
        runs = tuple(self._runs.values())
        title = f"{len(runs)} runs" if len(runs) > 1 else runs[0].name
        pane.tell(RunFacts(title, runs, dict(self._names), task_attempts=self._tried))
        await pane.catch_up()
        self._show_title()

    def _merge(self, pane: LogPane) -> None:
        app = self.workstation
        self._merged = MergedLog(app.call, lambda: app.client, self.run_ids, by_store=self._by_store)
        pane.open(self._merged, app.notify_error)
        pane.view.set_sources(self._sources())

    async def action_clocks(self) -> None:
        """Show the times as they were written, or by the store's clock."""
        old = self.query_one(LogPane)
        if self._merged is None or not self._merged.skews:
            self.workstation.tell("No clock was off by which these lines were written.")
            return
        self._by_store = not self._by_store
        body, filters = self.query_one(Title).parent, old.filters
        assert isinstance(body, Widget)
        await old.remove()  # the lines have other numbers from now on
        new = LogPane(self.workstation.zone, id="logs")
        await body.mount(new, after=self.query_one(Title))
        self._merge(new)
        new.view.focus()
        await self.load(())
        new.set_filters(filters)

    async def _read_runs(self) -> None:
        """The runs and the names of their tasks; the first time also the subflows of a run that is alone."""
        app, alone = self.workstation, len(self.run_ids) == 1
        waiting = list(self.run_ids)
        while waiting:
            run_id = waiting.pop(0)
            self._runs[run_id] = await app.call(app.client.read_flow_run, run_id)
            children = await self._read_tasks(run_id)
            if alone and not self._opened:
                new = [child for child in children if child not in self.run_ids][: _MOST_RUNS - len(self.run_ids)]
                self.run_ids += new
                waiting += new

    async def _read_tasks(self, run_id: str) -> list[str]:
        """Take in the names of a run's tasks; answers which runs it has called."""
        app, after, children = self.workstation, None, list[str]()
        for _ in range(_MOST_TASKS // _TASKS):
            where = TaskRunFilter(flow_run_id=run_id)
            page = await app.call(app.client.list_task_runs, where, limit=_TASKS, after=after)
            for task in page.items:
                self._names[task.id] = task.name
                self._tried = max(self._tried, task.run_count)
                if task.child_flow_run_id is not None:
                    children.append(task.child_flow_run_id)
            after = page.next
            if after is None:
                break
        return children

    def _sources(self) -> dict[str, tuple[str, str]]:
        width = max([_LEAST_NAME, *(len(run.name) for run in self._runs.values())])
        return {
            run_id: (f"{self._runs[run_id].name:<{width}}", _COLOURS[at % len(_COLOURS)])
            for at, run_id in enumerate(self.run_ids)
        }

    def _show_title(self) -> None:
        spans: list[Span] = [("Logs of ", "muted")]
        for at, run_id in enumerate(self.run_ids):
            spans.append((self._runs[run_id].name, f"bold {_COLOURS[at % len(_COLOURS)]}"))
            skew = self._merged.skews.get(run_id, 0) if self._merged is not None else 0
            if skew:
                spans.append((f" {skew_words(skew)}", "late" if self._by_store else "faint strike"))
            spans.append(("  ", ""))
        if self._merged is not None and self._merged.skews:
            words = "by the store's clock, K as written" if self._by_store else "as written, K by the store's clock"
            spans.append((words, "faint"))
        self.query_one(Title).show(spans)

    def zone_changed(self) -> None:
        self.query_one(LogPane).view.set_zone(self.workstation.zone)
        super().zone_changed()

    def action_back(self) -> None:
        """Take one thing back, then go back to where this was opened."""
        if not self.query_one(LogPane).step_back():
            self.workstation.action_up()
