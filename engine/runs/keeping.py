"""What one task run keeps: its result under a cache key or its own, and its part in the transaction around it.

Only a run that asks for something, or that is within a transaction, has one of these. It stands around the generator of
`task_steps`, which asks it in two places: before the function is called, and when it has returned.
"""

import logging
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from flowtui.engine.caching.isolation import IsolationLevel
from flowtui.engine.clock import utc_now
from flowtui.engine.context import TaskRunContext
from flowtui.engine.errors import NotFound, ResultError
from flowtui.engine.evolve import evolve
from flowtui.engine.ids import new_id
from flowtui.engine.keeping import NOTHING, Keeping, within_flow
from flowtui.engine.model import TaskRun
from flowtui.engine.results.inline import exact_json
from flowtui.engine.results.places import place_of
from flowtui.engine.results.store import ResultStore, name_of_key, reference
from flowtui.engine.runs.flow_keeping import rolled_back
from flowtui.engine.runs.steps import Ask, Do, Log, Step
from flowtui.engine.runs.task_steps import Found, Looked
from flowtui.engine.runs.transaction_steps import commit_steps, lock_steps, rollback_within, settle_in
from flowtui.engine.settings import current_settings
from flowtui.engine.states import NO_DATA, State
from flowtui.engine.transactions import CommitMode, Transaction, TransactionState, enter, leave

if TYPE_CHECKING:
    from flowtui.engine.runs.task_run import TaskSession

__all__ = ["RunKeeping"]

_VALUES = "transaction_values"
_VALUE_LIMIT = 4_096
_COMMITTED = "committed/"
"""What the names of the notes begin with that say which tasks' transactions were committed."""


class RunKeeping:
    """The keeping of one run; `outer` is the transaction around it."""

    def __init__(self, session: "TaskSession", asked: Keeping, outer: Transaction | None) -> None:
        flow = session.flow.flow.keeping if session.flow is not None else None
        self._session, self._outer = session, outer
        self._asked = asked = within_flow(asked, flow)
        policy = asked.policy
        settings = current_settings()
        by_default = flow or NOTHING
        self._store = ResultStore(
            _first(asked.storage, by_default.storage, settings.results_storage),
            metadata_storage=policy.key_storage if policy else None,
            serializer=_first(asked.serializer, by_default.serializer, settings.results_serializer),
            lock_manager=policy.lock_manager if policy else None,
        )
        self._txn = Transaction(store=self._store)
        self._txn.task_run, self._txn.run_id = session.run.name, session.run.id
        settle_in(self._txn, outer)
        self._is_stream = False
        self._stands = False
        """Whether a kept result stands for calling the function."""
        self._later: Callable[[], Any] | None = None
        """Keeps the result under its cache key, when the transaction is committed."""

    def submitted(self, future: Future[Any]) -> None:
        """The run was handed to a task runner: the transaction around it does not end before it."""
        if self._outer is not None:
            self._outer.opened(future)

    def forget_results(self) -> None:
        """Take part in transactions only: the value of a generator is neither looked up nor kept."""
        asked = self._asked
        self._asked = Keeping(persist=False, on_commit=asked.on_commit, on_rollback=asked.on_rollback)
        self._is_stream = True

    def around(self, steps: Generator[Step, Any, TaskRun]) -> Generator[Step, Any, TaskRun]:
        """The steps of the run, within a transaction of its own; then it is committed, or handed to the outer one."""
        try:
            token = enter(self._txn)
            try:
                run = yield from steps
            finally:
                leave(token)
            return (yield from self._end(run))
        finally:
            if not self._txn.is_staged():  # else the outer transaction gives the lock back
                self._txn.let_go()

    # -- before the function is called ------------------------------------------------------------------------------

    def look_up(self) -> Generator[Step, Any, Looked]:
        """A value of an earlier attempt, else of the cache; until the run has ended nobody else makes it, if that was
        asked for."""
        if self._is_stream:
            return Looked({})
        looked: Looked = yield Do(self._session.look_up)
        if looked.found is not None:
            self._stands = True
            return looked
        key = self._cache_key()
        if key is None:
            return looked
        keys = {**looked.keys, "cache_key": key}
        self._txn.key = key
        yield from self._lock(key)
        if self._refreshes():
            return Looked(keys)
        found = yield self._apart(partial(self._find, key))
        if found is None:
            return Looked(keys)
        self._stands = True
        return Looked({**keys, "result": exact_json(found.value)}, found)

    def again(self) -> Generator[Step, Any, None]:
        """The function is about to be called again: what its last call did within a transaction is undone first."""
        yield from rollback_within(self._txn)

    def _cache_key(self) -> str | None:
        """The key that the policy makes; None, with a line that says why, when it cannot be made."""
        session, policy = self._session, self._asked.policy
        if policy is None or current_settings().tasks_disable_caching:
            return None
        context = TaskRunContext(task=session.task, task_run=session.run, parameters=session.parameters)
        flow_parameters = session.flow.parameters if session.flow is not None else {}
        try:
            key: Any = policy.compute_key(context, session.parameters, flow_parameters)
        except Exception as error:  # user code, or an argument that cannot be hashed; the task can run without a cache
            session.log(logging.ERROR, f"Its cache key could not be computed, so it runs uncached: {error}", None)
            return None
        if key is None:
            return None
        if isinstance(key, str):
            return key
        session.log(logging.ERROR, f"Its cache key is {key!r}, which is no text, so it runs uncached.", None)
        return None

    def _lock(self, key: str) -> Generator[Step, Any, None]:
        policy, manager = self._asked.policy, self._store.lock_manager
        level = (policy.isolation_level if policy else None) or self._txn.isolation_level
        if level != IsolationLevel.SERIALIZABLE or manager is None or self._txn.is_held(key, manager):
            return
        yield from lock_steps(manager, key, self._txn.id)
        self._txn.release = partial(manager.release_lock, key, self._txn.id)

    def _refreshes(self) -> bool:
        if self._session.asked_again:
            return True
        refresh = self._asked.refresh
        return current_settings().tasks_refresh_cache if refresh is None else refresh

    def _find(self, key: str) -> Found | None:
        try:
            record = self._store.read(key, name=self._name())
        except NotFound:
            return None
        except ResultError as error:
            self._session.log(logging.WARNING, f"A cached result was not used: {error}", None)
            return None
        info = record.info
        told = reference(self._store.place, self._name() or name_of_key(key), info)
        source = f"that {info.source} made at {_moment(info.created, utc_now())}"
        return Found(record.value, source, from_attempt=False, details={"result": told})

    # -- when it has returned ---------------------------------------------------------------------------------------

    def keep(self, state: State) -> Generator[Step, Any, tuple[State, str | None]]:
        """The state as it is to be recorded, and its value as JSON for its row, when it is small and exact."""
        if self._outer is not None and self._has_hooks():
            state = evolve(state, details=self._with_values(state.details))
        asked, value = self._asked, state.data
        if value is NO_DATA or asked.persist is False:
            return state, None
        inline = exact_json(value)
        run_result = asked.elsewhere or (inline is None and bool(asked.persist or self._txn.key is not None))
        if self._txn.key is None and not run_result:
            return state, inline
        try:
            told = yield self._apart(partial(self._write, value, run_result))
        except ResultError as error:
            yield Log(logging.WARNING, f"Its result is not kept: {error}")
            return state, inline
        if told is None:
            return state, inline
        data = value if asked.in_memory else NO_DATA
        return evolve(state, details={**state.details, "result": told}, data=data), inline

    def _write(self, value: Any, run_result: bool) -> dict[str, Any] | None:
        """Keep the value: under its cache key at once, unless that waits for a commit; then as the run's own."""
        key, run, record_id = self._txn.key, self._session.run, new_id()
        if key is not None and not self._waits():
            return self._write_cached(key, value, record_id)
        if key is not None:
            self._later = partial(self._write_cached, key, value, record_id)
        if not run_result:
            return None
        name = self._name() or f"runs/{run.id}"
        store = ResultStore(self._store.place, serializer=self._store.serializer)
        info = store.write(value, f"task run {run.id}", name=name, source=run.name, record_id=record_id)
        return reference(self._store.place, name, info)

    def _write_cached(self, key: str, value: Any, record_id: str) -> dict[str, Any]:
        span, name = self._asked.expiration, self._name() or name_of_key(key)
        expires = None if span is None else utc_now() + span
        source = self._session.run.name
        info = self._store.write(value, key, expires, name=name, source=source, record_id=record_id)
        return reference(self._store.place, name, info)

    def _name(self) -> str | None:
        """The file that `result_storage_key` asks for. Raises `ResultError` when its template cannot be filled."""
        template, session = self._asked.storage_key, self._session
        if template is None:
            return None
        flow_run = session.flow.handle.run if session.flow is not None else None
        try:
            return template.format(parameters=session.parameters, task_run=session.run, flow_run=flow_run)
        except (KeyError, IndexError, AttributeError, ValueError) as error:
            raise ResultError(f"its result_storage_key {template!r} cannot be filled: {error}") from None

    def _apart(self, effect: Callable[[], Any]) -> Step:
        """A step that may take long where results are far away: an event loop goes on meanwhile."""
        if not self._session.task.is_async or self._store.is_local():
            return Do(effect)
        import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

        return Ask(partial(asyncio.to_thread, effect))

    # -- its part in transactions -----------------------------------------------------------------------------------

    def _waits(self) -> bool:
        """Whether what it did counts only once a transaction is committed."""
        return bool(self._asked.on_commit) or (self._outer is not None and self._txn.commit_mode != CommitMode.EAGER)

    def _end(self, run: TaskRun) -> Generator[Step, Any, TaskRun]:
        txn, outer, asked = self._txn, self._outer, self._asked
        if not run.state.is_completed():
            if outer is not None and outer.run_id == run.flow_run_id:  # of a subflow, its own end decides
                outer.doom(f"task run {run.name!r} ended {run.state.name}")
            yield from rollback_within(txn)
            return run
        if self._stands and (run.state.name == "Cached" or outer is None or self._is_settled(run, outer)):
            txn.state = TransactionState.COMMITTED
            return run
        if self._stands:
            txn.recall(run.state.details.get(_VALUES, {}))
        txn.stage(None, asked.on_rollback, asked.on_commit)
        txn.write, txn.undo = self._committed, partial(self._rolled_back, run)
        if outer is not None and txn.commit_mode != CommitMode.EAGER:
            outer.children.append(txn)
            return run
        yield from commit_steps(txn)
        return evolve(self._session.run, state=self._session.run.state.with_data(run.state.data))

    def _committed(self) -> None:
        """Keep what waited for this. That it cannot be kept undoes nothing: it is a line of the log."""
        try:
            if self._later is not None:
                self._later()
            if self._outer is not None and self._has_hooks():
                place_of(None).write(f"{_COMMITTED}{self._session.run.id}", b"")
        except ResultError as error:
            self._session.log(logging.WARNING, f"Its result is not kept: {error}", None)

    def _has_hooks(self) -> bool:
        return bool(self._asked.on_commit or self._asked.on_rollback)

    def _with_values(self, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """The details with the values of the transaction, as far as JSON holds them: if this process dies before the
        transaction ends, the hooks of a retry need them."""
        values = {name: value for name, value in self._txn.values().items() if exact_json(value, _VALUE_LIMIT)}
        return {**details, _VALUES: values} if values else details

    def _is_settled(self, run: TaskRun, outer: Transaction) -> bool:
        """Whether there is nothing to commit or undo for a result of an earlier attempt: that attempt has committed it,
        or it is waiting in this very transaction."""
        if not self._has_hooks() or any(child.run_id == run.id and child.is_staged() for child in outer.children):
            return True
        return place_of(None).read(f"{_COMMITTED}{run.id}") is not None

    def _rolled_back(self, run: TaskRun) -> None:
        """The run says that what it did was undone, and its result stands for nothing any more."""
        undone = rolled_back(run)
        self._session.save(undone)
        self._session.finish(undone)
        self._session.log(logging.INFO, f"Finished in state {undone.state}", None)


def _moment(instant: datetime, now: datetime) -> str:
    """The time of day, and the day too when that is another one."""
    local = instant.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone().date() else f"{local:%Y-%m-%d %H:%M:%S}"


def _first(*given: Any) -> Any:
    return next((one for one in given if one is not None), None)
