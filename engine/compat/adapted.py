"""Functions of Prefect's whose arguments differ from those of flowtui's own."""

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from flowtui.engine import logs
from flowtui.engine.both_ways import in_async_code
from flowtui.engine.context import current_tags
from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.pausing import pause_flow_run, resume_flow_run, suspend_flow_run
from flowtui.engine.states import Pending, State
from flowtui.engine.testing.harness import Harness, harness

__all__ = [
    "InfrastructurePending",
    "Submitting",
    "TagsContext",
    "aget_state_exception",
    "apause_flow_run",
    "araise_state_exception",
    "aresume_flow_run",
    "asuspend_flow_run",
    "flow_run_logger",
    "get_state_exception",
    "load_flow_from_entrypoint",
    "prefect_test_harness",
    "raise_state_exception",
    "run_coro_as_sync",
    "run_sync_in_worker_thread",
    "sync_compatible",
    "task_run_logger",
]


def flow_run_logger(flow_run: FlowRun, flow: Any = None, **extra: Any) -> logs.RunLogger:
    """The logger of a flow run."""
    return logs.flow_run_logger(flow_run.id, flow_run.name, **extra)


def task_run_logger(task_run: TaskRun, task: Any = None, flow_run: Any = None, **extra: Any) -> logs.RunLogger:
    """The logger of a task run."""
    return logs.task_run_logger(task_run.id, task_run.name, task_run.flow_run_id, task_run.run_count, **extra)


async def aget_state_exception(state: State) -> BaseException:
    """What a run raised, or an exception that says how it ended. Raises `ValueError` for a run that ended well."""
    return _error_of(state)


async def araise_state_exception(state: State) -> None:
    """Raise that; nothing for a run that ended well."""
    if not state.is_completed():
        raise _error_of(state)


def get_state_exception(state: State) -> Any:
    """`aget_state_exception`, which only async code has to await."""
    return aget_state_exception(state) if in_async_code() else _error_of(state)


def raise_state_exception(state: State) -> Any:
    """`araise_state_exception`, which only async code has to await."""
    if in_async_code():
        return araise_state_exception(state)
    if not state.is_completed():
        raise _error_of(state)
    return None


def _error_of(state: State) -> BaseException:
    if state.is_completed():
        raise ValueError(f"The state is {state}, which has no exception.")
    error: BaseException = state.result(raise_on_failure=False)
    return error


def Submitting(**fields: Any) -> State:
    """Pending: it is being handed to what will run it."""
    return Pending(name="Submitting", **fields)


def InfrastructurePending(**fields: Any) -> State:
    """Pending: what will run it is being made ready."""
    return Pending(name="InfrastructurePending", **fields)


class TagsContext:
    """The tags of the surrounding `tags(…)` blocks."""

    def __init__(self, current_tags: frozenset[str] = frozenset()) -> None:
        self.current_tags = current_tags

    @classmethod
    def get(cls) -> "TagsContext":
        """Those of here and now."""
        return cls(current_tags())


async def apause_flow_run(*args: Any, **kwargs: Any) -> Any:
    """`pause_flow_run` for async code."""
    return await _either(pause_flow_run, args, kwargs)


async def asuspend_flow_run(*args: Any, **kwargs: Any) -> Any:
    """`suspend_flow_run` for async code."""
    return await _either(suspend_flow_run, args, kwargs)


async def aresume_flow_run(*args: Any, **kwargs: Any) -> Any:
    """`resume_flow_run` for async code."""
    return await _either(resume_flow_run, args, kwargs)


async def _either(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    answer = function(*args, **kwargs)
    return await answer if inspect.isawaitable(answer) else answer


def load_flow_from_entrypoint(entrypoint: str, *_: Any, **__: Any) -> Any:
    """The flow at `path/file.py:flow` or `module.flow`, from the current folder."""
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - beside its only use

    return load_flow(entrypoint, ".")


@contextmanager
def prefect_test_harness(*_: Any, **__: Any) -> Iterator[Harness]:
    """A new and empty store for the block; there is no server whose start could take long."""
    with harness() as made:
        yield made


async def run_sync_in_worker_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function in a thread, in the present context."""
    return await asyncio.to_thread(function, *args, **kwargs)


def run_coro_as_sync(coroutine: Coroutine[Any, Any, Any], *_: Any, **__: Any) -> Any:
    """What the coroutine returns, in sync code; on an event loop of its own."""
    from flowtui.engine.runs.awaiting import run_to_end  # noqa: PLC0415 - the run machinery

    return run_to_end(coroutine)


def sync_compatible(function: Callable[..., Any]) -> Callable[..., Any]:
    """A coroutine function that sync code may call as it is."""

    @functools.wraps(function)
    def either(*args: Any, **kwargs: Any) -> Any:
        coroutine = function(*args, **kwargs)
        return coroutine if in_async_code() else run_coro_as_sync(coroutine)

    return either
