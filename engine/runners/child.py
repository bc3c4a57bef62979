"""The main program of a process that runs tasks for a `ProcessPoolTaskRunner`: one after the other, until it is let go.

Only the user's function runs here. States, retries, caching and hooks are the parent's, as are the log lines, which are
sent to it as they come.
"""

import contextvars
import functools
import os
import pickle
import queue
import signal
import threading
from contextlib import ExitStack
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.client.current import use_client
from flowtui.engine.context import FlowRunContext, TaskRunContext, enter_task_run, in_flow_run, loading_code, tags
from flowtui.engine.errors import TerminationSignal, UsageError
from flowtui.engine.log_output import set_up_logging
from flowtui.engine.prints import log_prints
from flowtui.engine.runners.parcels import Assignment, packed_outcome, without_data
from flowtui.engine.runners.thread import ThreadPoolTaskRunner
from flowtui.engine.runs.handle import FlowRunHandle

if TYPE_CHECKING:
    from flowtui.engine.model import TaskRun

__all__ = ["main"]

GOODBYE: Final = b""
_terminated: Final = threading.Event()


def main(descriptor: int) -> None:
    """Serve the parent at the other end of the descriptor."""
    connection = Connection(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; what it means the parent decides
    signal.signal(signal.SIGTERM, _terminate)
    sender = _Sender(connection)
    use_client(_Forwarding(sender))
    set_up_logging()
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(connection, requests), name="flowtui-requests", daemon=True).start()
    try:
        problem = _initialized(requests.get())
        while (payload := requests.get()) != GOODBYE:
            outcome = problem if problem is not None else _outcome(payload, sender)
            sender.send_bytes(outcome)
            if _terminated.is_set():
                raise TerminationSignal
    except TerminationSignal:
        os._exit(128 + signal.SIGTERM)


class _Sender:
    """The connection to the parent, for all threads of this process."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._lock = connection, threading.Lock()

    def send(self, message: Any) -> None:
        self.send_bytes(pickle.dumps(message))

    def send_bytes(self, payload: bytes) -> None:
        with self._lock:
            self._connection.send_bytes(payload)


class _Forwarding:
    """The client of this process: what a run writes goes to the parent, anything else to the store itself."""

    def __init__(self, sender: _Sender) -> None:
        self._sender, self._lock = sender, threading.Lock()
        self._opened: Any = None

    def save_task_run(self, run: "TaskRun") -> None:
        self._sender.send(("run", without_data(run)))

    def write_logs(self, lines: Any) -> None:
        self._sender.send(("lines", tuple(lines)))

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if self._opened is None:
                from flowtui.engine.client.local import LocalClient  # noqa: PLC0415 - 200 ms that few tasks need
                from flowtui.engine.settings import current_settings  # noqa: PLC0415

                self._opened = LocalClient.open(current_settings())
        return getattr(self._opened, name)


class _Handle(FlowRunHandle):
    """The flow run, seen from here. The calls of tasks are numbered after the task that makes them."""

    def __init__(self, *args: Any, within: str, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self._within = within

    def next_call(self, task_key: str) -> Any:
        return f"{self._within}.{super().next_call(task_key)}"


def _read(connection: Connection, requests: "queue.SimpleQueue[bytes]") -> None:
    while True:
        try:
            requests.put(connection.recv_bytes())
        except (EOFError, OSError):  # the parent is gone: nobody waits for anything that happens here
            os._exit(1)


def _terminate(signum: int, frame: object) -> None:
    """The first time; to be asked again must not disturb the user's code, which may be cleaning up."""
    if not _terminated.is_set():
        _terminated.set()
        raise TerminationSignal


def _initialized(hello: bytes) -> bytes | None:
    """Call the initializer; None when that went well, else the answer to every assignment."""
    try:
        initializer, arguments = pickle.loads(hello)  # noqa: S301 - from the parent
        if initializer is not None:
            initializer(*arguments)
    except Exception as error:
        return packed_outcome("raised", UsageError(f"The initializer of the task runner raised: {error!r}"), "")
    return None


def _outcome(payload: bytes, sender: _Sender) -> bytes:
    name = "a task run"
    try:
        assignment = _unpacked(payload)
        name = assignment.run.name
        sender.send(("begun", None))
        value = contextvars.copy_context().run(_carry_out, assignment, sender)
    except BaseException as error:  # whatever it is, the parent decides what it means
        return packed_outcome("raised", error, name)
    return packed_outcome("returned", value, name)


def _unpacked(payload: bytes) -> Assignment:
    """The assignment. A module that is imported for it, and calls a flow at its end, does not run that."""
    token = loading_code.set(True)
    try:
        assignment: Assignment = pickle.loads(payload)  # noqa: S301 - from the parent
    finally:
        loading_code.reset(token)
    return assignment


def _carry_out(assignment: Assignment, sender: _Sender) -> Any:
    from flowtui.engine.runs.task_run import settle  # noqa: PLC0415 - the run machinery loads with the first task

    task = assignment.task
    with ExitStack() as around:
        around.enter_context(tags(*assignment.tags))
        handle = _enter_flow(assignment, sender, around)
        enter_task_run(
            TaskRunContext(
                task=task,
                task_run=assignment.run,
                parameters=assignment.parameters,
                log_prints=assignment.log_prints,
                note_asset=lambda key, metadata: sender.send(("asset", (key, metadata))),
            )
        )
        log_prints(assignment.log_prints)
        call = functools.partial(task.signature.call, task.whole, assignment.parameters)
        value = _awaited(call) if task.is_async else call()
        if handle is not None:
            for future in handle.open_futures():
                future.result()
        return settle(value)


def _enter_flow(assignment: Assignment, sender: _Sender, around: ExitStack) -> FlowRunHandle | None:
    part = assignment.flow
    if part is None:
        return None
    handle = _Handle(
        _client(sender),
        part.run,
        epoch=part.epoch,
        owner=part.owner,
        lease_seconds=part.lease_seconds,
        supervised=True,
        keep_values=False,
        within=assignment.run.name,
    )
    handle.attempt = assignment.run.flow_run_run_count
    runner = ThreadPoolTaskRunner()
    around.callback(runner.close)
    context = FlowRunContext(
        flow=part.flow, handle=handle, task_runner=runner, parameters=part.parameters, log_prints=part.log_prints
    )
    around.enter_context(in_flow_run(context))
    return handle


def _client(sender: _Sender) -> Any:
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - beside its only use

    return current_client()


def _awaited(call: Any) -> Any:
    import asyncio  # noqa: PLC0415 - 40 ms that sync tasks need not pay

    async def whole() -> Any:
        return await call()

    return asyncio.run(whole())
