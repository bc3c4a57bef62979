"""The plan of a retry: what is reused and what runs, with inputs to edit and tasks to run again, then Retry."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from flowtui.engine.errors import NotFound
from flowtui.engine.model import Change, Deployment, FlowRun, TaskRun, TaskRunFilter
from flowtui.engine.orchestration.retry_plan import PlannedTask, RetryPlan, plan_retry
from flowtui.engine.runs.retry_plan import is_result_kept
from flowtui.tui.forms.press import Press
from flowtui.tui.retrying.deed import retry_deed
from flowtui.tui.retrying.draft import Draft, estimate, known_inputs
from flowtui.tui.retrying.rows import COLUMNS, expected_spans, parameter_spans, plan_cells, plan_title, summary
from flowtui.tui.retrying.schemas import schema_of_values
from flowtui.tui.retrying.values_screen import ValuesScreen
from flowtui.tui.screens.prompt import PromptScreen
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.timeline import usual
from flowtui.tui.widgets.lines import Lines
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.title import Title
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["RetryPlanScreen"]

_PAGE: Final = 1_000
_TIGHT: Final = 14
"""Lines of a terminal in which only the plan itself has room."""


class RetryPlanScreen(ShellScreen):
    """Nothing is changed before Retry. The plan is made anew with each edit, and when the run changes elsewhere."""

    DEFAULT_CSS = """
    RetryPlanScreen #plan { height: 1fr; }
    RetryPlanScreen Lines { margin-top: 1; }
    RetryPlanScreen #end { height: 1; padding-left: 2; }
    RetryPlanScreen.-short Lines { margin-top: 0; }
    RetryPlanScreen.-tight #end { display: none; }
    RetryPlanScreen.-tight Title { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "retry", "retry", id="retry-plan.retry"),
        Binding("e", "edit", "edit", id="retry-plan.edit"),
        Binding("space", "run_again", "run or reuse", id="retry-plan.toggle"),
        Binding("p", "parameters", "parameters", id="retry-plan.parameters"),
        Binding("backspace,delete", "take_back", "take back", show=False, id="retry-plan.take-back"),
        Binding("escape", "leave", "cancel", id="retry-plan.back"),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._run: FlowRun | None = None
        self._deployment: Deployment | None = None
        self._tasks: list[TaskRun] = []
        self._kept: dict[str, bool] = {}
        self._usual: float | None = None
        self._draft = Draft()
        self._plan = RetryPlan(())
        self._rows: ItemRows[PlannedTask] = ItemRows((), lambda task: task.run.id, plan_cells)

    def compose_body(self) -> Iterable[Widget]:
        yield Title()
        yield VirtualTable(COLUMNS, markable=False, empty="reading the tasks …", id="plan")
        yield Lines()
        with Horizontal(id="end"):
            yield Press("Retry", id="retry")

    def on_mount(self) -> None:
        self._table.focus()

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#plan", VirtualTable)

    # -- reading ----------------------------------------------------------------------------------------------------

    def wants(self, changes: tuple[Change, ...]) -> bool:
        return any(change.kind in ("flow-run", "run") and change.subject_id == self._run_id for change in changes)

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        app = self.workstation
        run = await app.call(app.client.read_flow_run, self._run_id)
        if self._run is None:
            found = usual(await app.call(app.client.usual_seconds, run.flow_name))
            self._usual = found.total_seconds() if found is not None else None
            if run.deployment_id is not None:
                self._deployment = await app.call(self._read_deployment, run.deployment_id)
        self._run = run
        self._tasks, self._kept = await app.call(self._read_tasks)
        self._plan = await app.call(self._planned)
        if self.is_attached:
            first = not len(self._rows)
            self._show()
            if first and self._plan.repeated:
                self._table.move_to_id(self._plan.repeated[0].run.id)  # what most likely needs another input
            self.refresh_bindings()

    def _read_deployment(self, deployment_id: str) -> Deployment | None:
        try:
            return self.workstation.client.read_deployment(deployment_id)
        except NotFound:  # it was deleted: nothing says then what the parameters may be
            return None

    def _read_tasks(self) -> tuple[list[TaskRun], dict[str, bool]]:
        """All task runs, and whether their results can be read. In a thread."""
        client, where = self.workstation.client, TaskRunFilter(flow_run_id=self._run_id)
        tasks: list[TaskRun] = []
        after: str | None = None
        while True:
            page = client.list_task_runs(where, limit=_PAGE, after=after)
            tasks += page.items
            after = page.next
            if after is None:
                return tasks, {task.id: task.state.is_completed() and is_result_kept(task) for task in tasks}

    def _planned(self) -> RetryPlan:
        before = self._run.amendments if self._run is not None else None
        return plan_retry(self._tasks, lambda task: self._kept[task.id], self._draft.edits, before)

    # -- showing ----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        run, plan = self._run, self._plan
        if run is None:
            return
        expected = expected_spans(estimate(self._usual, plan.seconds))
        narrow = self.has_class("-narrow")
        self.query_one(Title).show(plan_title(run), [] if narrow else expected)
        self._rows = ItemRows(plan.tasks, lambda task: task.run.id, plan_cells)
        self._table.show(self._rows, empty="It has called no task: a retry runs it from its beginning.")
        told = [*summary(plan), *([("   ", ""), *expected] if narrow else [])]
        self.query_one(Lines).show([told] if self.has_class("-tight") else [parameter_spans(run, self._draft), told])

    def on_resize(self, event: events.Resize) -> None:
        """Where there are few lines, they are the plan's."""
        self.set_class(event.size.height < _TIGHT, "-tight")
        self.call_after_refresh(self._show)

    def at_stake(self) -> tuple[str, str] | None:
        """Values that were typed; which tasks run again is chosen anew with a key."""
        typed = self._draft.inputs or self._draft.parameters
        return ("Leave the plan?", "What was edited is lost, and nothing is retried.") if typed else None

    def _change(self, draft: Draft) -> None:
        """Another draft, and the plan that it makes."""
        self._draft = draft
        self._replan()

    @work(group="plan", exclusive=True, exit_on_error=False)
    async def _replan(self) -> None:
        self._plan = await self.workstation.call(self._planned)
        self._show()

    # -- keys -------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "retry":
            return self._run is not None and self._run.state.is_final() and not self._run.state.is_completed()
        if action in ("run_again", "edit", "take_back"):
            return bool(self._tasks)
        if action == "parameters":
            return self._run is not None and bool(self._run.parameters or self._schema.get("properties"))
        return super().check_action(action, parameters)

    @property
    def _schema(self) -> Mapping[str, Any]:
        """Of the flow's parameters; empty where nothing says what they may be."""
        return self._deployment.parameter_openapi_schema if self._deployment is not None else {}

    @property
    def _here(self) -> PlannedTask | None:
        return self._rows.get(self._table.cursor_id)

    def action_run_again(self) -> None:
        """Run a task again although its result is kept, with all that depends on it; or reuse it after all."""
        task = self._here
        if task is None:
            return
        if task.could_be_reused:
            self._change(self._draft.toggled(task.run.id))
        else:
            self.workstation.tell(f"{task.run.name} runs in any case: {task.reason}.")

    def action_take_back(self) -> None:
        """Call a task as the flow does, without what was edited."""
        task, run = self._here, self._run
        if task is not None and run is not None:
            self._change(self._draft.taken_back(task.run.id, run.amendments))

    @work(group="edit", exclusive=True, exit_on_error=False)
    async def action_edit(self) -> None:
        """Call the task under the cursor with other inputs."""
        task = self._here
        if task is None:
            return
        values, looks = known_inputs(task.run)
        if not values and not looks and not task.edited:
            await self._edit_unknown(task)
            return
        shown = {**values, **task.edited}

        def use(given: dict[str, Any]) -> None:
            changed = {name: value for name, value in given.items() if name not in values or values[name] != value}
            self._change(self._draft.with_inputs(task.run.id, changed))

        self.app.push_screen(
            ValuesScreen(
                [("Inputs of ", "muted"), (task.run.name, "bold strong")],
                schema_of_values(shown, looks),
                values,
                use,
                given=task.edited,
            )
        )

    async def _edit_unknown(self, task: PlannedTask) -> None:
        """Inputs are only kept of tasks that failed: of others one has to know what they are called."""
        hint = 'its inputs were not kept; write one as repo="acme/tool"'
        text = await self.workstation.push_screen_wait(PromptScreen(f"Input of {task.run.name}", hint=hint, done="use"))
        if not text:
            return
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            self.workstation.tell(f"{text!r} names no input; write name=value.")
            return
        edited = {**(self._draft.inputs.get(task.run.id) or {}), name.strip(): _json_or_text(value)}
        self._change(self._draft.with_inputs(task.run.id, edited))

    def action_parameters(self) -> None:
        """Give the flow other parameters."""
        run = self._run
        if run is None:
            return
        title: list[Any] = [("Parameters of ", "muted"), (f"{run.flow_name} · {run.name}", "bold strong")]

        def use(given: dict[str, Any]) -> None:
            self._change(self._draft.with_parameters(run, {**run.parameters, **given}))

        fields = self._schema if self._schema.get("properties") else schema_of_values(run.parameters, {})
        self.app.push_screen(ValuesScreen(title, fields, run.parameters, use, given=self._draft.parameters))

    @on(VirtualTable.RowSelected, "#plan")
    def _chosen(self, message: VirtualTable.RowSelected) -> None:
        """Enter shows what the task did before."""
        self.workstation.open_run(self._run_id, "logs", task_run_id=message.row_id)

    @on(Press.Pressed, "#retry")
    def _pressed(self) -> None:
        self.action_retry()

    @work(group="retry", exclusive=True, exit_on_error=False)
    async def action_retry(self) -> None:
        """Carry the plan out, and watch the run."""
        app, run = self.workstation, self._run
        if run is None:
            return
        plan = await app.call(self._planned)
        names = {task.id: task.name for task in self._tasks}
        if await app.acting.perform(retry_deed(run, self._draft, plan.edits, names)) is None:
            return
        # Nothing may be awaited from here on: a screen that is closed takes its workers with it.
        app.pop_screen()
        if getattr(app.screen, "run_id", None) != run.id:
            app.open_run(run.id)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
