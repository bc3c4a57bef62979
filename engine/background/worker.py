"""A task worker: claims runs of some tasks as they come, and carries them out in threads of this process."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.background.carrying_out import carry_out
from flowtui.engine.client.current import current_client
from flowtui.engine.client.read_only import require_writing
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.log_output import flush_console, set_up_logging
from flowtui.engine.logs import get_logger
from flowtui.engine.model import TaskRun
from flowtui.engine.runs.holding import process_owner
from flowtui.engine.settings import current_settings

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.tasks import Task

__all__ = ["TaskWorker", "serve"]

_LONGEST: Final = timedelta(seconds=5)
_SHORTEST: Final = timedelta(milliseconds=50)
_log = get_logger("task_worker")


def serve(*tasks: "Task[..., Any]", limit: int | None = 10, timeout: float | None = None) -> None:
    """Carry out the runs of these tasks that `delay`, `apply_async` and `FlowtuiTaskRunner` leave, as they come.

    At most `limit` at once (None: any number). Returns after `timeout` seconds, or when the process is asked to stop
    (SIGINT, SIGTERM), once what is running has ended; asked a second time, it does not wait for that, and another
    task worker goes on with those. Raises `UsageError`.
    """
    TaskWorker(*tasks, limit=limit).run(timeout)


class TaskWorker:
    """Serves tasks until it is stopped."""

    def __init__(self, *tasks: "Task[..., Any]", limit: int | None = 10, client: "Client | None" = None) -> None:
        from flowtui.engine.tasks import Task  # noqa: PLC0415 - tasks know how to be served

        if not tasks:
            raise UsageError("A task worker needs tasks to serve: serve(task, …).")
        for task in tasks:
            if not isinstance(task, Task):
                raise UsageError(f"A task worker serves tasks, not {task!r}; decorate it with @task.")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise UsageError(f"limit of a task worker is {limit!r}; give a whole number, 1 or more, or None.")
        self._tasks = {task.task_key: task for task in tasks}
        self._limit = limit
        self._client = client or current_client()
        self._owner = f"{process_owner()}:{id(self):x}"
        self._lease = current_settings().lease_seconds
        self._running: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._ended = threading.Event()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is running has ended. May be called from any thread."""
        self._stopping.set()
        threading.Thread(target=self._tell, name="flowtui-stop", daemon=True).start()  # a signal must not take a lock

    def _tell(self) -> None:
        """Wake the thread that waits for commits."""
        with contextlib.suppress(FlowtuiError):
            self._client.flush()

    def run(self, timeout: float | None = None) -> None:
        """Serve. Signals are heeded when this is the main thread."""
        require_writing(self._client, "serving tasks")
        set_up_logging()
        names = ", ".join(sorted(task.name for task in self._tasks.values()))
        _log.info("Serving %s. Stop with Ctrl+C.", names)
        flush_console()
        keeper = threading.Thread(target=self._keep_leases, name="flowtui-task-leases", daemon=True)
        keeper.start()
        try:
            with self._signals():
                self._claim_until_stopped(None if timeout is None else time.monotonic() + timeout)
                self._wait_for_the_rest()
        finally:
            self._ended.set()
            keeper.join(self._lease)

    # -- claiming ---------------------------------------------------------------------------------------------------

    def _claim_until_stopped(self, deadline: float | None) -> None:
        seen = self._client.wait(0, 0)
        while not self._stopping.is_set():
            try:
                pause = self._claim()
                if deadline is not None:
                    pause = min(pause, timedelta(seconds=max(deadline - time.monotonic(), 0.0)))
                seen = self._client.wait(seen, pause.total_seconds())
            except FlowtuiError as error:
                _log.warning("Task runs cannot be claimed just now: %s", error)
                self._stopping.wait(1.0)
            if deadline is not None and time.monotonic() >= deadline:
                self._stopping.set()

    def _claim(self) -> timedelta:
        """Start what can be claimed; how long to wait for news."""
        free = self._free()
        if free == 0:  # whoever makes room commits something, which is news
            return _LONGEST
        ready, due = self._client.claimable_task_runs(self._tasks.keys())
        if not ready:
            return _LONGEST if due is None else min(max(due - utc_now(), _SHORTEST), _LONGEST)
        for run in self._client.claim_task_runs(self._tasks.keys(), self._owner, limit=free, lease_seconds=self._lease):
            self._start(run)
        return timedelta(0)

    def _free(self) -> int:
        with self._lock:
            return 100 if self._limit is None else self._limit - len(self._running)

    def _start(self, run: TaskRun) -> None:
        with self._lock:
            self._running[run.id] = run.claim
        if self._stopping.is_set():
            self._client.release_task_run(run.id, run.claim)
            self._let_go(run)
            return
        threading.Thread(target=partial(self._carry_out, run), name=f"flowtui-{run.name}", daemon=True).start()

    def _carry_out(self, run: TaskRun) -> None:
        try:
            carry_out(self._tasks[run.task_key], run, self._client)
        except FlowtuiError as error:  # the store is gone; the run is taken back when its lease has ended
            _log.error("How task run %r ended could not be recorded: %s", run.name, error)
        finally:
            self._let_go(run)
            self._tell()  # there is room again

    def _let_go(self, run: TaskRun) -> None:
        with self._lock:
            self._running.pop(run.id, None)

    def _wait_for_the_rest(self) -> None:
        if self._running:
            _log.info("Stopping, when %d task run(s) have ended. Ctrl+C again ends at once.", len(self._running))
            flush_console()
        while self._running:
            time.sleep(0.02)

    # -- leases -----------------------------------------------------------------------------------------------------

    def _keep_leases(self) -> None:
        while not self._ended.wait(self._lease / 3):
            try:
                self._renew()
                for run in self._client.reap_task_leases():
                    _log.warning("Task run %r is %s: %s", run.name, run.state.name, run.state.message)
            except FlowtuiError as error:  # the store is out of order for now: the leases may still be saved in time
                _log.warning("Leases could not be renewed: %s", error)

    def _renew(self) -> None:
        with self._lock:
            mine = dict(self._running)
        if not mine:
            return
        lost = self._client.renew_task_leases(self._owner, mine, lease_seconds=self._lease)
        with self._lock:
            gone = [run_id for run_id in lost if run_id in self._running]
        for run_id in gone:
            _log.warning("Task run %s was taken over: what it still does here is not recorded.", run_id)

    # -- signals ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._asked_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_to_stop(self, number: int, frame: object) -> None:
        if self._stopping.is_set():
            raise KeyboardInterrupt
        self.stop()
