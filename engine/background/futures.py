"""Futures of background tasks: the run is somewhere else, and the change feed tells when it has ended."""

import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeVar

import orjson

from flowtui.engine.client.current import current_client
from flowtui.engine.deadlocks import RunFuture
from flowtui.engine.errors import FlowtuiError, UpstreamFailed
from flowtui.engine.evolve import evolve
from flowtui.engine.futures import TaskFuture
from flowtui.engine.logs import get_logger
from flowtui.engine.model import Change, TaskRun
from flowtui.engine.states import TERMINAL, State

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["BackgroundFuture", "with_value"]

R = TypeVar("R")

_LONGEST: Final = 5.0
_PAGE: Final = 500
_ENDS: Final = frozenset(state.value for state in TERMINAL)


class BackgroundFuture(TaskFuture[R]):
    """A task run that was left to task workers. It can be pickled, and waited for by any process that has the store."""

    def __init__(self, run: TaskRun) -> None:
        self.task_run_id, self.name = run.id, run.name
        self._begun = run
        self._unasked = None
        self._inner: RunFuture | None = None

    @property
    def inner(self) -> RunFuture:  # type: ignore[override] # nothing is followed before somebody asks
        if self._inner is None:
            self._inner = RunFuture()
            self._inner.name = self.name
            _watcher.follow(self.task_run_id, self._inner)
        return self._inner

    def end(self, run: TaskRun) -> None:
        """It has ended before anybody could follow it."""
        self._inner = RunFuture()
        self._inner.set_result(run)

    @property
    def state(self) -> State:
        """The state that the run is in now."""
        if self._inner is not None and self._inner.done():
            run: TaskRun = self._inner.result()
            return run.state
        return with_value(current_client().read_task_run(self.task_run_id)).state

    def __reduce__(self) -> Any:
        return BackgroundFuture, (evolve(self._begun, task_inputs={}),)

    def __repr__(self) -> str:
        return f"<BackgroundFuture {self.name!r} {self.task_run_id}>"


def with_value(run: TaskRun) -> TaskRun:
    """A run as the store has it, its state carrying what can be known of its value."""
    state = run.state
    if state.is_not_ready():
        return evolve(run, state=state.with_data(UpstreamFailed(state.message or "Something upstream failed.")))
    if state.is_completed() and run.result is not None:
        return evolve(run, state=state.with_data(orjson.loads(run.result)))
    return run


class _Watcher:
    """One thread that follows the change feed for all futures of this process, as long as there are any open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: defaultdict[str, list[RunFuture]] = defaultdict(list)
        self._new: set[str] = set()
        self._thread: threading.Thread | None = None
        self._client: Client | None = None

    def follow(self, run_id: str, future: RunFuture) -> None:
        client = current_client()
        with self._lock:
            self._open[run_id].append(future)
            self._new.add(run_id)
            if self._thread is None or not self._thread.is_alive() or self._client is not client:
                self._client = client
                self._thread = threading.Thread(target=self._watch, args=(client,), name="flowtui-futures", daemon=True)
                self._thread.start()

    def _watch(self, client: "Client") -> None:
        seen, cursor = 0, None
        while self._client is client:
            try:
                newest = client.changes(None) if cursor is None else ()
                cursor = cursor if cursor is not None else (newest[-1].seq if newest else 0)
                cursor = self._follow_feed(client, cursor)
                with self._lock:
                    new, self._new = self._new, set()
                for run_id in new:  # after the place in the feed is known: an end is seen here or there
                    self._look(client, run_id)
                with self._lock:
                    if not self._open:
                        self._thread = None
                        return
                    pause = 0.0 if self._new else min(_LONGEST, 0.05 if not seen else _LONGEST)
                seen = client.wait(seen, pause)
            except FlowtuiError as error:
                get_logger("tasks").warning("Background tasks cannot be followed just now: %s", error)
                time.sleep(1.0)

    def _follow_feed(self, client: "Client", cursor: int) -> int:
        while True:
            changes = client.changes(cursor, limit=_PAGE)
            for change in changes:
                if change.kind == "task-run" and change.subject_id in self._open and _is_end(change):
                    self._look(client, change.subject_id)
            cursor = changes[-1].seq if changes else cursor
            if len(changes) < _PAGE:
                return cursor

    def _look(self, client: "Client", run_id: str) -> None:
        run = client.read_task_run(run_id)
        if run.state.is_final() or run.state.is_not_ready():
            run = with_value(run)
            with self._lock:
                futures = self._open.pop(run_id, [])
            for future in futures:
                future.set_result(run)


def _is_end(change: Change) -> bool:
    return change.body.get("type") in _ENDS or change.name == "NotReady"


_watcher = _Watcher()
