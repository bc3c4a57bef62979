"""Carry a run's context to another thread or process: `serialize_context` here, `hydrated_context` there."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any, Final

from flowtui.engine.context import (
    FlowRunContext,
    TaskRunContext,
    current_flow_run,
    current_tags,
    current_task_run,
    enter_task_run,
    in_flow_run,
    leave_task_run,
    tags,
)
from flowtui.engine.evolve import evolve
from flowtui.engine.prints import prints_logged
from flowtui.engine.runs.handle import FlowRunHandle
from flowtui.engine.states import NO_DATA

__all__ = ["SerializedContext", "hydrated_context", "serialize_context"]

_LEFT_OUT: Final = (
    "hooks",
    "retry_condition_fn",
    "cache_key_fn",
    "cache_policy",
    "result_storage",
    "result_serializer",
    "task_runner",
    "keeping",
)
_arrivals: Final = count()


class SerializedContext(dict[str, Any]):
    """What a run's code may know, as plain values: it can be pickled. In this process, it also holds the run itself."""

    def __init__(self, values: dict[str, Any], here: tuple[FlowRunContext | None, TaskRunContext | None]) -> None:
        super().__init__(values)
        self.here, self.pid = here, os.getpid()
        self.sent = here == (None, None)

    def __reduce__(self) -> Any:
        if not self.sent:
            self.sent = True
            _write_what_came_before()
        return dict, (dict(self),)


def _write_what_came_before() -> None:
    """The log has the order in which lines reach the store, and the other process writes its own."""
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store opens with the first run

    current_client().flush()


def serialize_context() -> SerializedContext:
    """The present run and tags, for `hydrated_context` in another thread or process; outside any run the tags alone."""
    flow, task = current_flow_run(), current_task_run()
    values: dict[str, Any] = {"tags": sorted(current_tags()), "flow_run": None, "task_run": None}
    if flow is not None:
        handle = flow.handle
        values["flow_run"] = {
            "run": handle.run,
            "epoch": handle.epoch,
            "owner": handle.owner,
            "lease_seconds": handle.lease_seconds,
            "attempt": handle.attempt,
            "flow": _packed(flow.flow),
            "log_prints": flow.log_prints,
        }
    if task is not None:
        run = evolve(task.task_run, state=evolve(task.task_run.state, data=NO_DATA))
        values["task_run"] = {"run": run, "task": _packed(task.task), "log_prints": task.log_prints}
    return SerializedContext(values, (flow, task))


@contextmanager
def hydrated_context(serialized: "SerializedContext | dict[str, Any] | None" = None) -> Iterator[None]:
    """Within the block, code belongs to the run in which `serialize_context` was called: its logger, tags and tasks.

    In another process the run is its parent's business: it is not ended here, and its tasks, which are recorded like
    any others, run in threads of this process. Their calls are numbered apart. None changes nothing.
    """
    if serialized is None:
        yield
        return
    with ExitStack() as around:
        around.enter_context(tags(*serialized["tags"]))
        if isinstance(serialized, SerializedContext) and serialized.pid == os.getpid():
            flow, task = serialized.here
        else:
            flow, task = _arrived(serialized, around)
        if flow is not None:
            around.enter_context(in_flow_run(flow))
        if task is not None:
            around.callback(leave_task_run, enter_task_run(task))
        innermost = task or flow
        if innermost is not None:
            around.enter_context(prints_logged(innermost.log_prints))
        yield


class _Visiting(FlowRunHandle):
    """A run of another process, seen from here. The calls of tasks are numbered after who makes them."""

    within = ""

    def next_call(self, task_key: str) -> Any:
        return f"{self.within}.{super().next_call(task_key)}"


def _arrived(serialized: dict[str, Any], around: ExitStack) -> tuple[FlowRunContext | None, TaskRunContext | None]:
    """The contexts made anew, on this process's own client."""
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store opens with the first run
    from flowtui.engine.log_output import set_up_logging  # noqa: PLC0415 - beside it
    from flowtui.engine.runners.thread import ThreadPoolTaskRunner  # noqa: PLC0415 - beside it

    flow, task, told = None, None, serialized["flow_run"]
    set_up_logging()
    if told is not None:
        client = current_client()
        handle = _Visiting(
            client,
            told["run"],
            epoch=told["epoch"],
            owner=told["owner"],
            lease_seconds=told["lease_seconds"],
            supervised=True,
            keep_values=False,
        )
        handle.attempt, handle.within = told["attempt"], f"{os.getpid()}-{next(_arrivals)}"
        runner = ThreadPoolTaskRunner()
        around.callback(client.flush)
        around.callback(runner.close)
        flow = FlowRunContext(
            flow=_unpacked(told["flow"]),
            handle=handle,
            task_runner=runner,
            parameters=dict(told["run"].parameters),
            log_prints=told["log_prints"],
        )
    told = serialized["task_run"]
    if told is not None:
        task = TaskRunContext(task=_unpacked(told["task"]), task_run=told["run"], log_prints=told["log_prints"])
    return flow, task


def _packed(whole: Any) -> bytes:
    """A flow or a task that can be looked at, and need not be called."""
    import cloudpickle  # noqa: PLC0415 - 25 ms that only other processes cost

    from flowtui.engine.methods import light_copy  # noqa: PLC0415 - beside it

    packed: bytes = cloudpickle.dumps(light_copy(whole, _LEFT_OUT, with_function=False))
    return packed


def _unpacked(packed: bytes) -> Any:
    import pickle  # noqa: PLC0415 - from a process of our own

    return pickle.loads(packed)  # noqa: S301 - as above
