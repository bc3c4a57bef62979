"""A task runner with processes: for tasks that compute, that may take the process down, or that must be interruptible.

Each process has a thread here that tends it: the rules of a run are carried out in that thread, and only the user's
function in the process. So nothing that a run has recorded is lost with a process that dies.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Pipe, wait
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.errors import RunTimeout, UsageError, WorkerDied
from flowtui.engine.runners.parcels import folders_of, packed
from flowtui.engine.runners.pool import PoolTaskRunner
from flowtui.engine.runners.protocol import Work
from flowtui.engine.settings import current_settings
from flowtui.engine.timeouts import timeout_message

if TYPE_CHECKING:
    from flowtui.engine.runs.task_run import TaskSession

__all__ = ["ProcessPoolTaskRunner"]

_BOOT: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from flowtui.engine.runners.child import main; main(int(sys.argv[1]))"
)
_GRACE_SECONDS: Final = 2.0
"""How long the code of a task has to clean up after SIGTERM."""
_LOOK_SECONDS: Final = 1.0


class ProcessPoolTaskRunner(PoolTaskRunner):
    """Runs submitted tasks in processes, at most `max_workers` at once (default: one for each processor).

    A process is started when none is idle, and runs tasks one after the other until its flow run ends. `initializer` is
    called in each with `initargs` before its first task. Functions, arguments and results travel by cloudpickle, so a
    script needs no `if __name__ == "__main__"` for it. Raises `UsageError` when `max_workers` is less than 1.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        initializer: Callable[..., Any] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        self._asked_for = max_workers
        super().__init__(max_workers if max_workers is not None else os.cpu_count() or 1)
        if initializer is not None and not callable(initializer):
            raise UsageError(f"{self.name}: its initializer is {initializer!r}; give a function.")
        self.initializer, self.initargs = initializer, tuple(initargs)
        self._mine = threading.local()
        self._children: set[_Child] = set()

    def duplicate(self) -> "ProcessPoolTaskRunner":
        workers = self._asked_for or current_settings().tasks_runner_process_pool_max_workers
        return ProcessPoolTaskRunner(workers, self.initializer, self.initargs)

    def carry_out(self, work: Work) -> None:
        work(self._call)

    def leave(self) -> None:
        child: _Child | None = getattr(self._mine, "child", None)
        if child is not None:
            self._children.discard(child)
            child.let_go()

    def interrupt(self, error: type[BaseException]) -> None:
        children = list(self._children)
        for child in children:
            child.process.terminate()
        super().interrupt(error)
        deadline = time.monotonic() + _GRACE_SECONDS  # one for all, because they clean up side by side
        for child in children:
            child.end(max(deadline - time.monotonic(), 0.0))

    def _call(self, session: "TaskSession") -> Any:
        """Run the session's function in the process of this thread: what it returns, or raise what it raised."""
        payload = packed(session)
        child: _Child | None = getattr(self._mine, "child", None)
        if child is None or child.is_dead():
            if child is not None:
                self._children.discard(child)
            child = self._mine.child = _Child(folders_of(session), self.initializer, self.initargs)
            self._children.add(child)
        try:
            return child.call(payload, session)
        except (RunTimeout, WorkerDied):
            self._children.discard(child)
            raise

    def __reduce__(self) -> Any:
        return type(self), (self._asked_for, self.initializer, self.initargs)


class _Child:
    """One process, and the connection to it."""

    def __init__(self, folders: list[str], initializer: Callable[..., Any] | None, initargs: tuple[Any, ...]) -> None:
        import cloudpickle  # noqa: PLC0415 - 25 ms that only other processes cost

        hello = cloudpickle.dumps((initializer, initargs))
        self._connection, theirs = Pipe()
        flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
        self.process = subprocess.Popen(
            [sys.executable, *flags, "-c", _BOOT, str(theirs.fileno()), json.dumps(folders)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._send(hello)

    def call(self, payload: bytes, session: "TaskSession") -> Any:
        """Raises what the function raised, `RunTimeout`, and `WorkerDied` when the process ends before it has."""
        self._send(payload)
        limit = session.task.timeout_seconds
        deadline: float | None = None
        while True:
            message = self._next(deadline)
            if message is None:
                self.end()
                raise RunTimeout(f"{timeout_message(limit or 0.0)} Its process was ended.")
            kind, value = message
            if kind == "begun":  # only now: that the process takes its time to start is not the task's fault
                deadline = None if limit is None else time.monotonic() + limit
            elif kind == "lines":
                session.client.write_logs(value)
            elif kind == "asset" and session.assets is not None:
                session.assets.note(*value)
            elif kind == "run":
                session.client.save_task_run(value)
            elif kind == "returned":
                return value
            else:
                raise value

    def is_dead(self) -> bool:
        return self.process.poll() is not None

    def let_go(self) -> None:
        """It ends by itself, being idle."""
        self._send(b"")
        self._connection.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_SECONDS)
        self.end()

    def end(self, grace: float = _GRACE_SECONDS) -> None:
        """End it, and the processes that it has started: asked first, then made to."""
        import psutil  # noqa: PLC0415 - 15 ms that only a process that does not end by itself costs

        if self.process.poll() is not None:
            return
        below = []
        with suppress(psutil.NoSuchProcess):
            below = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for process in below:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def _send(self, payload: bytes) -> None:
        with suppress(OSError):  # it has died; whoever waits for an answer is told how
            self._connection.send_bytes(payload)

    def _next(self, deadline: float | None) -> Any:
        """Its next message; None when the time is up. Raises `WorkerDied`."""
        import pickle  # noqa: PLC0415 - from a process of our own

        while True:
            left = _LOOK_SECONDS if deadline is None else min(_LOOK_SECONDS, deadline - time.monotonic())
            if left <= 0:
                return None
            if not wait([self._connection], left) and not self.is_dead():
                continue  # a process that it has started may hold the connection open, so it is looked at as well
            try:
                if self._connection.poll(0):
                    return pickle.loads(self._connection.recv_bytes())  # noqa: S301
            except (EOFError, OSError):
                pass
            self.end()
            raise WorkerDied(f"The process that ran it (pid {self.process.pid}) {_ending(self.process.returncode)}.")


def _ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended by itself with exit code {code}, before the task had returned"
    import signal  # noqa: PLC0415 - only for deaths

    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    why = {
        "SIGKILL": "somebody killed it, or the system was out of memory",
        "SIGSEGV": "native code that it called went wrong",
        "SIGBUS": "native code that it called went wrong",
        "SIGABRT": "native code that it called gave up",
        "SIGTERM": "somebody asked it to end",
    }.get(name)
    return f"was ended by {name}" + (f": {why}" if why else "")
