"""Begin a task run, and carry it through: where the generator of `task_steps` meets store, cache and user code."""

import logging
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flowtui.engine.clock import utc_now
from flowtui.engine.containers import find_futures, replace_futures
from flowtui.engine.context import FlowRunContext, TaskRunContext, current_flow_run, current_tags, in_task_run
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.evolve import evolve
from flowtui.engine.futures import TaskFuture
from flowtui.engine.ids import new_id
from flowtui.engine.logs import error_info, flow_run_logger, prints_logged, set_up_logging, task_run_logger
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.reuse import decide_reuse
from flowtui.engine.results import ResultFiles, exact_json, input_key
from flowtui.engine.runs.drivers import adrive, drive
from flowtui.engine.runs.task_steps import Found, TaskPolicy, TaskTools, task_steps
from flowtui.engine.runs.upstream import values_of
from flowtui.engine.settings import current_settings
from flowtui.engine.states import NO_DATA, Pending, State

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.tasks import Task

__all__ = ["TaskSession", "begin", "settle"]


def begin(task: "Task[Any, Any]", parameters: dict[str, Any], wait_for: Any = None) -> "TaskSession":
    """Create the task run (Pending) in the current flow run, or by itself outside any."""
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store opens with the first run

    set_up_logging()
    flow = current_flow_run()
    handle = flow.handle if flow else None
    client = handle.client if handle else current_client()
    number = handle.next_call(task.task_key) if handle else 0
    earlier = handle.earlier(task.task_key, str(number)) if handle else None
    run = TaskRun(
        id=earlier.id if earlier else new_id(),
        name=task.name_run(parameters, number),
        task_key=task.task_key,
        dynamic_key=str(number),
        state=Pending(),
        created=earlier.created if earlier else utc_now(),
        flow_run_id=handle.run_id if handle else None,
        tags=tuple(sorted(task.tags | current_tags())) if task.tags or current_tags() else (),
        run_count=earlier.run_count if earlier else 0,
        flow_run_run_count=handle.attempt if handle else 0,
        task_inputs=_edges(parameters, wait_for),
        epoch=handle.epoch if handle else 0,
    )
    session = TaskSession(task=task, parameters=parameters, wait_for=wait_for, flow=flow, client=client, run=run)
    session.announce(earlier)
    return session


@dataclass(slots=True, kw_only=True)
class TaskSession:
    """One task run from its creation to its end, in this process."""

    task: "Task[Any, Any]"
    parameters: Mapping[str, Any]
    wait_for: Any
    flow: FlowRunContext | None
    client: "Client"
    run: TaskRun
    resolved: Mapping[str, Any] | None = None
    earlier: TaskRun | None = None

    @property
    def timeout(self) -> float | None:
        return self.task.timeout_seconds

    def announce(self, earlier: TaskRun | None) -> None:
        """Record that the run exists, unless it keeps the record of an earlier attempt until it is decided."""
        self.earlier = earlier
        if earlier is not None:
            self.run = evolve(self.run, state=earlier.state if earlier.state.is_completed() else Pending())
        if earlier is None or not earlier.state.is_completed():
            self.client.save_task_run(self.run)
        if self.flow is not None and earlier is None:
            logger = flow_run_logger(self.flow.handle.run_id, self.flow.handle.name)
            logger.info("Created task run %r for task %r", self.run.name, self.task.name)

    # -- carrying it through ------------------------------------------------------------------------------------

    def drive(self) -> TaskRun:
        """Run it in this thread; the run in its final state."""
        return self._finish(drive(self._steps(), self, self._call))

    async def adrive(self) -> TaskRun:
        """Run it on the event loop."""
        return self._finish(await adrive(self._steps(), self, self._acall))

    def run_anywhere(self) -> TaskRun:
        """Run it in this thread, with an event loop of its own when its function is async."""
        if not self.task.is_async:
            return self.drive()
        import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

        return asyncio.run(self.adrive())

    def _steps(self) -> Any:
        policy = TaskPolicy(retries=self.task.retries, delays=self.task.delays)
        futures = [
            f.inner for f in find_futures([*self.parameters.values(), self.wait_for]) if isinstance(f, TaskFuture)
        ]
        tools = TaskTools(
            now=utc_now,
            upstream=futures,
            resolve=self._resolve,
            look_up=self._look_up,
            settle=settle,
            keep=self._keep,
            progress=self._progress,
            latest=lambda: self.run,
        )
        return task_steps(self.run, policy, tools)

    def _finish(self, run: TaskRun) -> TaskRun:
        if self.flow is not None:
            self.flow.handle.ended(run)
        return run

    def _call(self) -> Any:
        with self._surroundings():
            return self.task.signature.call(self.task.fn, self.resolved or {})

    async def _acall(self) -> Any:
        with self._surroundings():
            coroutine: Awaitable[Any] = self.task.signature.call(self.task.fn, self.resolved or {})
            return await coroutine

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        prints = self.task.log_prints
        if prints is None:
            prints = self.flow.log_prints if self.flow else False
        context = TaskRunContext(task=self.task, task_run=self.run, parameters=self.resolved or {}, log_prints=prints)
        with in_task_run(context), prints_logged(prints):
            yield

    # -- what the steps are done with ---------------------------------------------------------------------------

    def propose(self, state: State, result: str | None) -> Any:
        raise AssertionError("a task run's states are saved, not proposed")

    def save(self, run: TaskRun) -> None:
        self.client.save_task_run(run)

    def log(self, level: int, message: str, error: BaseException | None) -> None:
        logger = task_run_logger(self.run.id, self.run.name, self.run.flow_run_id)
        logger.log(level, "%s", message, exc_info=error_info(error))

    def _progress(self, run: TaskRun) -> None:
        self.run = run

    def _resolve(self) -> Mapping[str, Any]:
        self.resolved = values_of(self.parameters, self.wait_for)
        return self.resolved

    # -- kept results -------------------------------------------------------------------------------------------

    def _look_up(self, run: TaskRun, parameters: Mapping[str, Any]) -> tuple[TaskRun, Found | None]:
        """A value of an earlier attempt, else of the cache."""
        key = input_key(dict(parameters)) if self.flow else None
        run = run if key is None else evolve(run, input_key=key)
        found = self._of_earlier_attempt(run)
        if found is not None:
            return run, found
        if run.state.is_completed():  # the earlier attempt's result does not stand for this one after all
            run = evolve(run, state=Pending(), result=None)
        key = self._cache_key(run, parameters)
        if key is None:
            return run, None
        run = evolve(run, cache_key=key)
        if self.task.refresh_cache:
            return run, None
        kept = ResultFiles(current_settings().storage).read(f"cache {key}", utc_now())
        if kept is None:
            return run, None
        return run, Found(kept.value, f"that {kept.source} made at {kept.created.astimezone():%H:%M:%S}", False)

    def _of_earlier_attempt(self, run: TaskRun) -> Found | None:
        before = self.earlier
        if before is None or self.flow is None:
            return None
        value = self._earlier_value(before)
        decision = decide_reuse(before, run.input_key, kept=value is not NO_DATA, refresh=bool(self.task.refresh_cache))
        if not decision.reuse:
            return None
        ended = f" at {before.end_time.astimezone():%H:%M:%S}" if before.end_time else ""
        return Found(value, f"of an earlier attempt, which completed{ended}", True)

    def _earlier_value(self, before: TaskRun) -> Any:
        if self.flow is None:
            return NO_DATA
        value = self.flow.handle.value_of(before.id)
        if value is not NO_DATA:
            return value
        if before.result is not None:
            import orjson  # noqa: PLC0415 - loaded with the store anyway

            return orjson.loads(before.result)
        kept = ResultFiles(current_settings().storage).read(f"task run {before.id}", utc_now())
        return NO_DATA if kept is None else kept.value

    def _cache_key(self, run: TaskRun, parameters: Mapping[str, Any]) -> str | None:
        if self.task.cache_key_fn is None or self.task.persist_result is False:
            return None
        context = TaskRunContext(task=self.task, task_run=run, parameters=parameters)
        try:
            return self.task.cache_key_fn(context, parameters)
        except Exception as error:  # user code; the task can run without a cache
            self.log(logging.ERROR, f"Its cache key could not be computed, so it runs uncached: {error}", None)
            return None

    def _keep(self, run: TaskRun, state: State) -> TaskRun:
        if not state.is_completed() or state.data is NO_DATA:
            return run
        try:
            self._keep_in_files(run, state)
        except FlowtuiError as error:
            self.log(logging.WARNING, str(error), None)
        if self.task.persist_result is False:
            return run
        text = exact_json(state.data)
        return run if text is None else evolve(run, result=text)

    def _keep_in_files(self, run: TaskRun, state: State) -> None:
        files = ResultFiles(current_settings().storage)
        now = utc_now()
        if run.cache_key is not None:
            span: timedelta | None = self.task.cache_expiration
            expires = now + span if span else None
            files.write(f"cache {run.cache_key}", state.data, created=now, expires=expires, source=run.name)
        if self.task.persist_result and exact_json(state.data) is None:
            files.write(f"task run {run.id}", state.data, created=now, expires=None, source=run.name)


def settle(value: Any) -> Any:
    """A returned value with its futures replaced by their final states."""

    def final(item: Any) -> Any:
        return item.inner.result().state if isinstance(item, TaskFuture) else item

    return replace_futures(value, final)


def _edges(parameters: Mapping[str, Any], wait_for: Any) -> dict[str, Any]:
    """The edges of the graph: which task runs each parameter comes from."""
    edges: dict[str, Any] = {}
    for name, value in (*parameters.items(), ("wait_for", wait_for)):
        found = [f.task_run_id for f in find_futures(value) if isinstance(f, TaskFuture)]
        if found:
            edges[name] = [{"input_type": "task_run", "id": run_id} for run_id in found]
    return edges
