"""Functions that sync code calls and async code awaits, under one name, as users of this field know them.

Called by a sync flow, a sync task or a plain script, such a function answers with its value. Called where an event loop
runs, it answers with a coroutine, so that it never blocks the loop: `await Variable.get("name")`.
"""

import functools
import sys
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from flowtui.engine.context import current_flow_run, current_task_run
from flowtui.engine.waiting import Procedure, acarry_out, carry_out

__all__ = ["awaited", "both_ways", "in_async_code", "procedure", "twin"]

P = ParamSpec("P")
R = TypeVar("R")


def in_async_code() -> bool:
    """True when an event loop runs in this thread, and the innermost run is not of a sync function that it called."""
    asyncio = sys.modules.get("asyncio")  # whoever has not imported it runs no event loop
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    task = current_task_run()
    if task is not None:
        return bool(task.task.is_async)
    flow = current_flow_run()
    return True if flow is None else bool(flow.flow.is_async)


async def awaited(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a sync function in a thread, in the present context."""
    import asyncio  # noqa: PLC0415 - only coroutines come here

    return await asyncio.to_thread(function, *args, **kwargs)


def both_ways(function: Callable[P, R]) -> Callable[P, R]:
    """A sync function that async code may await. Type checkers see the sync one; each has a twin for async code."""

    @functools.wraps(function)
    def either(*args: P.args, **kwargs: P.kwargs) -> Any:
        return awaited(function, *args, **kwargs) if in_async_code() else function(*args, **kwargs)

    return either


def twin(function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """The twin of a function that is `both_ways`: it is always awaited. Its name has an `a` before it."""
    sync: Callable[P, R] = getattr(function, "__wrapped__", function)

    @functools.wraps(sync)
    def coroutine(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
        return awaited(sync, *args, **kwargs)

    coroutine.__name__ = coroutine.__qualname__ = f"a{sync.__name__}"
    return coroutine


def procedure(steps: Callable[P, Procedure[Any]]) -> Callable[P, Any]:
    """A procedure of `flowtui.engine.waiting` as a function that sync code calls and async code awaits."""

    @functools.wraps(steps)
    def either(*args: P.args, **kwargs: P.kwargs) -> Any:
        return acarry_out(steps(*args, **kwargs)) if in_async_code() else carry_out(steps(*args, **kwargs))

    return either
