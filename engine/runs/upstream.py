"""What a flow is called with: futures waited for and replaced by their values."""

import concurrent.futures
from collections.abc import Mapping
from typing import Any

from flowtui.engine.containers import find_futures, replace_futures
from flowtui.engine.errors import UpstreamFailed
from flowtui.engine.futures import TaskFuture
from flowtui.engine.states import NO_DATA

__all__ = ["value_of", "values_of"]


def values_of(parameters: Mapping[str, Any], wait_for: Any = None) -> dict[str, Any]:
    """The parameters with each future and state replaced by its value. Raises `UpstreamFailed`."""
    found = find_futures([wait_for, *parameters.values()])
    concurrent.futures.wait([item.inner for item in found if isinstance(item, TaskFuture)])
    for item in find_futures(wait_for):
        value_of(item)
    return {name: replace_futures(value, value_of) for name, value in parameters.items()}


def value_of(item: Any) -> Any:
    """The value behind a future that is done, or behind a state. Raises `UpstreamFailed` when there is none."""
    if isinstance(item, TaskFuture):
        state, name = item.inner.result().state, f"task run {item.name!r}"
    else:
        state, name = item, "a run"
    if not state.is_completed():
        raise UpstreamFailed(f"It was not started, because {name} upstream ended {state.name}.")
    return None if state.data is NO_DATA else state.data
