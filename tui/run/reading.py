"""Reads a run with its tasks, and the subflows that are open in it, and folds in what the change feed tells."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowtui.engine.errors import NotFound
from flowtui.engine.model import Change, FlowRun, Slice, TaskRun, TaskRunFilter
from flowtui.engine.shared import ArtifactFilter, ArtifactRecord
from flowtui.engine.states import State
from flowtui.engine.usual import Usual
from flowtui.tui.run.branches import Branch, Branches
from flowtui.tui.run.history import History
from flowtui.tui.timeline import TaskList

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["RunReader"]

_FIRST: Final = 200
_PAGE: Final = 2000
"""The first page is what fits on a screen; the others are large, because each costs a thread a round."""
_MOST_HISTORIES: Final = 500
_MOST_ARTIFACTS: Final = 200


class RunReader:
    """Keeps `Branches` up to date. `shown` is awaited whenever a part of many pages can be shown.

    Nothing here is done twice at once: whoever calls `load` awaits it before the next time.
    """

    def __init__(self, app: "FlowtuiApp", run_id: str, shown: Callable[[], Awaitable[None]]) -> None:
        self._app, self._shown = app, shown
        self.branches = Branches(run_id)
        self.histories: dict[str, tuple[State, ...]] = {}
        self._known_of: dict[str, str] = {}
        """Under which state of a task run its history was read."""
        self._flows: set[str] = set()
        self.history: History | None = None
        """All that happened; None until it was asked for."""
        self._told: set[str] = set()
        """The runs whose history was read."""
        self.artifacts: tuple[ArtifactRecord, ...] = ()
        """Those of the run itself, newest first."""

    @property
    def run_ids(self) -> frozenset[str]:
        """The runs of which something is shown."""
        return frozenset({self.branches.root, *self.branches.by_run})

    async def load(self, changes: tuple[Change, ...] | None, subflows: Iterable[str] = ()) -> None:
        """Read what has changed; None: everything. `subflows` are the runs that are open within. Raises `NotFound` when
        the run itself is gone; a subflow that is gone is left out."""
        root = self.branches.root
        wanted = (root, *(run_id for run_id in subflows if run_id != root))
        kept = {run_id: branch for run_id, branch in self.branches.by_run.items() if run_id in wanted}
        self.branches = replace(self.branches, by_run=kept)
        for run_id in wanted:
            try:
                await self._load_branch(run_id, changes)
            except NotFound:
                if run_id == root:
                    raise

    async def _load_branch(self, run_id: str, changes: tuple[Change, ...] | None) -> None:
        known = self.branches.by_run.get(run_id)
        about = None if changes is None or known is None else [change for change in changes if _is_of(change, run_id)]
        if about is not None and not about and changes:
            return
        run = await self._app.call(self._app.client.read_flow_run, run_id)
        self._keep(run, known.tasks if known is not None else TaskList())
        await self._read_tasks(run, about)

    def _keep(self, run: FlowRun, tasks: TaskList) -> None:
        by_run = {**self.branches.by_run, run.id: Branch(run, tasks)}
        self.branches = replace(self.branches, by_run=by_run)

    async def _read_tasks(self, run: FlowRun, changes: Sequence[Change] | None) -> None:
        """Fold in what the feed told; read the last page again, and what follows it, when there are new tasks."""
        mine = [change for change in changes or () if change.kind == "task-run"]
        if changes is not None and not mine:
            return
        tasks = self.branches.by_run[run.id].tasks.folded(mine)
        if changes is None or any(tasks.place(change.subject_id) is None for change in mine):
            tasks = await self._read_tail(run, tasks)
        self._keep(run, tasks)

    async def _read_tail(self, run: FlowRun, tasks: TaskList) -> TaskList:
        where = TaskRunFilter(flow_run_id=run.id)
        limit = _PAGE if tasks.tasks else _FIRST
        while True:
            page = await self._page(where, limit, tasks.last_cursor)
            tasks = await self._app.call(_with_page, tasks, page)
            if page.next is None:
                return tasks
            if limit == _FIRST:
                self._keep(run, tasks)
                await self._shown()
            tasks = TaskList(tasks.tasks, tasks.places, page.next, len(tasks.tasks))
            limit = _PAGE

    async def _page(self, where: TaskRunFilter, limit: int, after: str | None) -> Slice[TaskRun]:
        return await self._app.call(self._app.client.list_task_runs, where, limit=limit, after=after)

    async def read_parent(self, run: FlowRun) -> FlowRun | None:
        """The run that called it as a subflow; None when there is none, or it is gone."""
        if run.parent_task_run_id is None:
            return None
        try:
            stand_in = await self._app.call(self._app.client.read_task_run, run.parent_task_run_id)
            if stand_in.flow_run_id is None:
                return None
            return await self._app.call(self._app.client.read_flow_run, stand_in.flow_run_id)
        except NotFound:
            return None

    async def read_usual(self) -> bool:
        """What the tasks of flows usually take that were not asked for yet; answers whether anything was learned."""
        flows = {branch.run.flow_name for branch in self.branches.by_run.values()} - self._flows
        usual: Mapping[str, Usual] = self.branches.usual
        for flow in sorted(flows):
            self._flows.add(flow)
            usual = {**usual, **await self._app.call(self._app.client.usual_task_seconds, flow)}
        learned = len(usual) > len(self.branches.usual)
        if learned:
            self.branches = replace(self.branches, usual=usual)
        return learned

    async def read_artifacts(self, changes: tuple[Change, ...] | None) -> bool:
        """Read the artifacts of the run again if one of them may have changed; answers whether that was done."""
        root = self.branches.root
        if changes is not None and not any(_is_artifact_of(change, root) for change in changes):
            return False
        where = ArtifactFilter(flow_run_id=root)
        page = await self._app.call(self._app.client.list_artifacts, where, limit=_MOST_ARTIFACTS)
        self.artifacts = page.items
        return True

    async def read_history(self, changes: tuple[Change, ...] | None) -> History:
        """All that happened in the run and in the subflows that are open in it: read once, from then on what the feed
        tells is added to it."""
        history, known = self.history or History(), self._told
        for run_id in self.branches.by_run.keys() - known:
            known.add(run_id)
            history = await self._app.call(history.with_changes, await self._whole_history(run_id))
        mine = [one for one in changes or () if any(_is_of(one, run) or _is_artifact_of(one, run) for run in known)]
        if mine:
            history = await self._app.call(history.with_changes, mine)
        self.history = history
        return history

    async def _whole_history(self, run_id: str) -> list[Change]:
        found: list[Change] = []
        after: str | None = None
        while True:
            page = await self._app.call(self._app.client.run_history, run_id, limit=_PAGE, after=after)
            found.extend(page.items)
            if (after := page.next) is None:
                return found

    async def read_histories(self, tasks: Iterable[TaskRun]) -> bool:
        """The histories of those tasks that tell more than their times do, unless they are known; answers whether
        anything was read."""
        missing = [task for task in tasks if _has_a_past(task) and self._known_of.get(task.id) != task.state.id]
        missing = missing[:_MOST_HISTORIES]
        if not missing:
            return False
        found = await self._app.call(self._app.client.task_run_histories, [task.id for task in missing])
        self._known_of.update({task.id: task.state.id for task in missing})
        self.histories = {**self.histories, **found}
        return True


def _has_a_past(task: TaskRun) -> bool:
    """Whether it was tried more than once, or held up: its own times do not say when."""
    return task.run_count > 1 or task.state.is_paused() or (task.state.is_scheduled() and task.start_time is not None)


def _with_page(tasks: TaskList, page: Slice[TaskRun]) -> TaskList:
    return tasks.with_tail(tasks.last_cursor, tasks.settled, page.items)


def _is_artifact_of(change: Change, run_id: str) -> bool:
    return change.kind == "artifact" and change.body.get("flow_run_id") == run_id


def _is_of(change: Change, run_id: str) -> bool:
    return run_id in (change.flow_run_id, change.subject_id)
