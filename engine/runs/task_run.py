"""Begin a task run, and carry it through: where the generator of `task_steps` meets store, cache and user code."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextvars import Token
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.annotations import quote
from flowtui.engine.client.read_only import require_writing
from flowtui.engine.clock import utc_now
from flowtui.engine.containers import ATOMS, find_futures, replace_futures
from flowtui.engine.context import (
    FlowRunContext,
    TaskRunContext,
    current_flow_run,
    current_tags,
    enter_task_run,
    leave_task_run,
)
from flowtui.engine.errors import ParameterError, ResultError
from flowtui.engine.evolve import evolve
from flowtui.engine.futures import TaskFuture
from flowtui.engine.hooks import Hooks
from flowtui.engine.ids import new_id
from flowtui.engine.keeping import NOTHING
from flowtui.engine.log_output import set_up_logging
from flowtui.engine.logs import RunLogger, say, task_run_logger
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.reuse import decide_reuse
from flowtui.engine.prints import log_prints, restore_prints
from flowtui.engine.results.inline import exact_json, input_key
from flowtui.engine.runs.drivers import adrive, drive
from flowtui.engine.runs.task_steps import Found, Looked, TaskPolicy, task_steps
from flowtui.engine.runs.upstream import edges_of, values_of
from flowtui.engine.settings import current_settings
from flowtui.engine.states import NO_DATA, Pending, State
from flowtui.engine.transactions import transaction_around

if TYPE_CHECKING:
    from flowtui.engine.assets import AssetPart
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.runs.keeping import RunKeeping
    from flowtui.engine.tasks import Task
    from flowtui.engine.transactions import Transaction

__all__ = ["TaskSession", "begin", "settle"]

_NOTHING: Final[Mapping[str, Any]] = {}


def begin(task: "Task[Any, Any]", parameters: dict[str, Any], wait_for: Any = None) -> "TaskSession":
    """Create the task run (Pending) in the current flow run, or by itself outside any."""
    flow = current_flow_run()
    if flow is None:
        return _begin_alone(task, parameters, wait_for)
    handle = flow.handle
    number = handle.next_call(task.task_key)
    earlier = handle.earlier(task.task_key, str(number))
    tags = current_tags()
    edited = handle.edited_inputs(earlier) if handle.amendments is not None else None
    if edited:
        parameters = _with_edits(task, parameters, edited)
    futures = _futures_in(parameters, wait_for)
    edges = edges_of(parameters, wait_for) if futures else _NOTHING
    if handle.made:
        edges = handle.made.edges(parameters, dict(edges))
    state = Pending()
    run = TaskRun(
        id=earlier.id if earlier else new_id(),
        name=task.name_run(parameters, number),
        task_key=task.task_key,
        dynamic_key=str(number),
        state=state,
        created=earlier.created if earlier else state.timestamp,
        flow_run_id=handle.run_id,
        tags=tuple(sorted(task.tags | tags)) if task.tags or tags else (),
        run_count=earlier.run_count if earlier else 0,
        flow_run_run_count=handle.attempt,
        task_inputs=edges,
        epoch=handle.epoch,
    )
    session = TaskSession(
        task=task,
        parameters=parameters,
        wait_for=wait_for,
        flow=flow,
        client=handle.client,
        run=run,
        futures=futures,
        earlier=earlier,
    )
    if task.lineage is not None or (handle.assets and edges):
        session.join_assets()
    outer = transaction_around()
    if task.keeping is not None or outer is not None or flow.flow.keeping is not None:
        session.keep_more(outer)
    session.announce()
    return session


def _begin_alone(task: "Task[Any, Any]", parameters: dict[str, Any], wait_for: Any) -> "TaskSession":
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store opens with the first run

    client = current_client()
    require_writing(client, f"running task {task.name!r}")
    set_up_logging()
    state = Pending()
    futures = _futures_in(parameters, wait_for)
    run = TaskRun(
        id=new_id(),
        name=task.name_run(parameters, 0),
        task_key=task.task_key,
        dynamic_key="0",
        state=state,
        created=state.timestamp,
        tags=tuple(sorted(task.tags | current_tags())),
        task_inputs=edges_of(parameters, wait_for) if futures else _NOTHING,
    )
    session = TaskSession(
        task=task,
        parameters=parameters,
        wait_for=wait_for,
        flow=None,
        client=client,
        run=run,
        futures=futures,
        earlier=None,
    )
    if task.lineage is not None:
        session.join_assets()
    outer = transaction_around()
    if task.keeping is not None or outer is not None:
        session.keep_more(outer)
    session.announce()
    return session


@dataclass(slots=True, kw_only=True)
class TaskSession:
    """One task run from its creation to its end, in this process: the surroundings of `task_steps`."""

    task: "Task[Any, Any]"
    parameters: Mapping[str, Any]
    wait_for: Any
    flow: FlowRunContext | None
    client: "Client"
    run: TaskRun
    futures: Sequence[Any]
    """The futures and states among the parameters and in `wait_for`."""
    earlier: TaskRun | None
    """The same call in an earlier attempt."""
    logger: RunLogger | None = None
    logged_attempt: int = -1
    """The attempt that the logger's lines are of."""
    tries_used: int = 0
    """How often a task worker that is gone by now has started it."""
    keeping: "RunKeeping | None" = None
    """Its caching, its results elsewhere and its transaction; None when nothing asks for any of that."""
    assets: "AssetPart | None" = None
    """Which assets it makes, and from which; None when it has nothing to do with any."""

    @property
    def timeout(self) -> float | None:
        return self.task.timeout_seconds

    @property
    def policy(self) -> TaskPolicy:
        task = self.task
        return TaskPolicy(
            retries=max(task.retries - self.tries_used, 0),
            delays=task.delays,
            jitter=task.retry_jitter_factor,
            condition=task.retry_condition_fn,
        )

    @property
    def hooks(self) -> Hooks:
        return self.task.hooks

    @property
    def whose(self) -> tuple[Any, Any]:
        return self.task, self.run

    @property
    def upstream(self) -> Sequence[Future[Any]]:
        gate = self.flow.handle.gate if self.flow is not None else None
        if gate is not None:  # the flow run is paused
            return [gate, *(item.inner for item in self.futures if isinstance(item, TaskFuture))]
        return [item.inner for item in self.futures if isinstance(item, TaskFuture)] if self.futures else ()

    def announce(self) -> None:
        """Record that the run exists, unless it keeps the record of an earlier attempt until it is decided."""
        earlier = self.earlier
        if earlier is None:
            self.client.save_task_run(self.run)
            if self.flow is not None:
                name, task = self.run.name, self.task.name
                say(self.flow.handle.logger, logging.INFO, f"Created task run {name!r} for task {task!r}")
        elif earlier.state.is_completed():
            self.run = evolve(self.run, state=earlier.state)
        else:
            self.client.save_task_run(self.run)

    def keep_more(self, outer: "Transaction | None") -> None:
        """Something asks for more than a row: the task itself, or the transaction around it."""
        from flowtui.engine.runs.keeping import RunKeeping  # noqa: PLC0415 - 5 ms that most programs need not pay

        self.keeping = RunKeeping(self, self.task.keeping or NOTHING, outer)

    def join_assets(self) -> None:
        """The task makes assets, or is called with what came of some."""
        from flowtui.engine.runs.asset_steps import part_of  # noqa: PLC0415 - 3 ms that most programs need not pay

        self.assets = part_of(self.task, self.run, self.flow.handle if self.flow is not None else None)

    # -- carrying it through ------------------------------------------------------------------------------------

    def drive(self) -> TaskRun:
        """Run it in this thread; the run in its final state."""
        return self.finish(drive(task_steps(self), self, self._call))

    async def adrive(self) -> TaskRun:
        """Run it on the event loop."""
        return self.finish(await adrive(task_steps(self), self, self._acall))

    def run_anywhere(self) -> TaskRun:
        """Run it in this thread, with an event loop of its own when its function is async."""
        if not self.task.is_async:
            return self.drive()
        import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

        return asyncio.run(self.adrive())

    def finish(self, run: TaskRun) -> TaskRun:
        if self.flow is not None:
            self.flow.handle.ended(run)
        return run

    def _call(self) -> Any:
        entered, printing = self.enter()
        try:
            return self.task.signature.call(self.task.whole, self.parameters)
        finally:
            restore_prints(printing)
            leave_task_run(entered)

    async def _acall(self) -> Any:
        entered, printing = self.enter()
        try:
            coroutine: Awaitable[Any] = self.task.signature.call(self.task.whole, self.parameters)
            return await coroutine
        finally:
            restore_prints(printing)
            leave_task_run(entered)

    def beside(self, function: Callable[[], Any]) -> Any:
        """Call a hook or a condition as code of this run: what it returns, or what there is to await for that."""
        entered, printing = self.enter()
        try:
            answer = function()
        finally:
            restore_prints(printing)
            leave_task_run(entered)
        return self._abeside(answer) if isinstance(answer, Awaitable) else answer

    async def _abeside(self, answer: Awaitable[Any]) -> Any:
        entered, printing = self.enter()
        try:
            return await answer
        finally:
            restore_prints(printing)
            leave_task_run(entered)

    def enter(self) -> tuple[Token[Any], Token[bool]]:
        """Code belongs to this run from here on. Without a context manager, which would cost 3 µs for each task."""
        prints = self.task.log_prints
        if prints is None:
            prints = self.flow.log_prints if self.flow is not None else current_settings().logging_log_prints
        context = TaskRunContext(
            task=self.task,
            task_run=self.run,
            parameters=self.parameters,
            log_prints=prints,
            note_asset=self.assets.note if self.assets is not None else None,
        )
        return enter_task_run(context), log_prints(prints)

    # -- what the steps are done with ---------------------------------------------------------------------------

    def propose(self, state: State, result: str | None) -> Any:
        raise AssertionError("a task run's states are saved, not proposed")

    def save(self, run: TaskRun) -> None:
        self.run = run
        self.client.save_task_run(run)

    def log(self, level: int, message: str, error: BaseException | None) -> None:
        run, logger = self.run, self.logger
        if logger is None or self.logged_attempt != run.run_count:
            self.logged_attempt = run.run_count
            self.logger = logger = task_run_logger(run.id, run.name, run.flow_run_id, run.run_count)
        say(logger, level, message, error)

    def now(self) -> datetime:
        return utc_now()

    def resolve(self) -> None:
        if self.futures:
            self.parameters = values_of(self.parameters, self.wait_for)

    def settle(self, value: Any) -> Any:
        return settle(value)

    # -- kept results -------------------------------------------------------------------------------------------

    def look_up(self) -> Looked:
        """The keys by which a later attempt knows this call, and the value of an earlier one."""
        keys: dict[str, Any] = {}
        if self.flow is not None:
            keys["input_key"] = input_key(self.parameters)
        if self.earlier is not None:
            found = self._of_earlier_attempt(self.earlier, keys.get("input_key"))
            if found is not None:
                return Looked(keys, found)
            if self.run.state.is_completed():  # that result does not stand for this call after all
                self.run = evolve(self.run, state=Pending(), result=None)
        return Looked(keys)

    def _of_earlier_attempt(self, before: TaskRun, key: str | None) -> Found | None:
        value = self._earlier_value(before)
        refresh = bool(self.task.refresh_cache)
        decision = decide_reuse(before, key, kept=value is not NO_DATA, refresh=refresh, asked=self.asked_again)
        if not decision.reuse:
            return None
        ended = f" at {before.end_time.astimezone():%H:%M:%S}" if before.end_time else ""
        return Found(value, f"of an earlier attempt, which completed{ended}", from_attempt=True)

    @property
    def asked_again(self) -> bool:
        """Whether a person wants it to run again, whatever was kept."""
        flow, earlier = self.flow, self.earlier
        return flow is not None and earlier is not None and flow.handle.asked_again(earlier)

    def _earlier_value(self, before: TaskRun) -> Any:
        if self.flow is None:
            return NO_DATA
        value = self.flow.handle.value_of(before.id)
        if value is not NO_DATA:
            return value
        if before.result is not None:
            import orjson  # noqa: PLC0415 - loaded with the store anyway

            return orjson.loads(before.result)
        told = before.state.details.get("result")
        return NO_DATA if told is None else self._read_back(told)

    def _read_back(self, told: Any) -> Any:
        from flowtui.engine.results.store import read_back  # noqa: PLC0415 - 5 ms that most programs need not pay

        try:
            return read_back(told)
        except ResultError as error:
            self.log(logging.WARNING, str(error), None)
            return NO_DATA

    def told(self, state: State) -> State:
        """A state of failure that says with which inputs the function was called."""
        from flowtui.engine.runs.told_inputs import told_inputs  # noqa: PLC0415 - only tasks that fail

        return evolve(state, details={**state.details, **told_inputs(self.parameters)})

    def keep(self, state: State) -> str | None:
        """The state's value as JSON, when it is small and exact."""
        return None if state.data is NO_DATA else exact_json(state.data)


def _with_edits(task: "Task[Any, Any]", parameters: dict[str, Any], edited: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of the call as a person has changed them. Raises `ParameterError` for one that it does not take."""
    unknown = [name for name in edited if name not in parameters]
    if unknown:
        raise ParameterError(
            f"Task {task.name!r} takes no {', '.join(unknown)}, which the retry of this run edits; "
            f"it takes {', '.join(parameters) or 'nothing'}."
        )
    return {**parameters, **edited}


def _futures_in(parameters: Mapping[str, Any], wait_for: Any) -> Sequence[Any]:
    if wait_for is None and all(type(value) in ATOMS for value in parameters.values()):
        return ()
    return find_futures([*parameters.values(), wait_for])


def settle(value: Any) -> Any:
    """A returned value with its futures replaced by their final states."""

    def final(item: Any, _: bool) -> Any:
        return item.ended().state if isinstance(item, TaskFuture) else item

    return value if type(value) in ATOMS or isinstance(value, quote) else replace_futures(value, final)
