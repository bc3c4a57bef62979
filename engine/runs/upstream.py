"""What a flow or a task is called with: futures waited for and replaced by their values."""

from collections.abc import Mapping
from typing import Any

from flowtui.engine.containers import find_futures, replace_futures
from flowtui.engine.errors import UpstreamFailed
from flowtui.engine.futures import TaskFuture, wait
from flowtui.engine.states import NO_DATA

__all__ = ["edges_of", "pending_in", "value_of", "values_of"]


def values_of(parameters: Mapping[str, Any], wait_for: Any = None) -> dict[str, Any]:
    """The parameters with each future and state replaced by its value. Raises `UpstreamFailed`."""
    futures = [item for item in find_futures([wait_for, *parameters.values()]) if isinstance(item, TaskFuture)]
    if futures:
        wait(futures)
    replace_futures(wait_for, value_of)
    return {name: replace_futures(value, value_of) for name, value in parameters.items()}


def pending_in(parameters: Mapping[str, Any], wait_for: Any = None) -> list[Any]:
    """What has to be awaited before `values_of` has nothing to wait for."""
    found = find_futures([wait_for, *parameters.values()])
    return [item.inner for item in found if isinstance(item, TaskFuture) and not item.inner.done()]


def edges_of(parameters: Mapping[str, Any], wait_for: Any = None) -> dict[str, Any]:
    """The edges of the graph: which task runs each parameter comes from."""
    edges: dict[str, Any] = {}
    for name, value in (*parameters.items(), ("wait_for", wait_for)):
        found = [item.task_run_id for item in find_futures(value) if isinstance(item, TaskFuture)]
        if found:
            edges[name] = [{"input_type": "task_run", "id": run_id} for run_id in found]
    return edges


def value_of(item: Any, failure_allowed: bool) -> Any:
    """The value behind a future or a state. Raises `UpstreamFailed` when there is none, unless a failure is allowed:
    then its exception stands for it."""
    if isinstance(item, TaskFuture):
        state, name = item.ended().state, f"task run {item.name!r}"
    else:
        state, name = item, "a run"
    if state.is_completed():
        return None if state.data is NO_DATA and "result" not in state.details else state.result()
    if not failure_allowed:
        raise UpstreamFailed(f"It was not started, because {name} upstream ended {state.name}.")
    return state.data if state.is_pending() else state.result(raise_on_failure=False)
