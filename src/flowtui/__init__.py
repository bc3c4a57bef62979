"""flowtui: write Python flows, and run, schedule, watch, retry and explain them from the terminal.

Every public name comes from here and is loaded on first use, so that `import flowtui` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowtui.engine.caching import task_input_hash
    from flowtui.engine.context import get_run_context, tags
    from flowtui.engine.errors import FlowtuiError
    from flowtui.engine.flows import Flow, flow
    from flowtui.engine.futures import TaskFuture, TaskFutureList, as_completed, wait
    from flowtui.engine.logs import get_run_logger
    from flowtui.engine.mapping import unmapped
    from flowtui.engine.orchestration.retries import exponential_backoff
    from flowtui.engine.runners.thread import ThreadPoolTaskRunner
    from flowtui.engine.states import (
        AwaitingRetry,
        Cancelled,
        Cancelling,
        Completed,
        Crashed,
        Failed,
        Paused,
        Pending,
        Retrying,
        Running,
        Scheduled,
        State,
        StateType,
    )
    from flowtui.engine.tasks import Task, task

__version__ = "0.1.0"

_HOMES = {
    "caching": ("task_input_hash",),
    "context": ("get_run_context", "tags"),
    "errors": ("FlowtuiError",),
    "flows": ("Flow", "flow"),
    "futures": ("TaskFuture", "TaskFutureList", "as_completed", "wait"),
    "logs": ("get_run_logger",),
    "mapping": ("unmapped",),
    "orchestration.retries": ("exponential_backoff",),
    "runners.thread": ("ThreadPoolTaskRunner",),
    "states": (
        "AwaitingRetry",
        "Cancelled",
        "Cancelling",
        "Completed",
        "Crashed",
        "Failed",
        "Paused",
        "Pending",
        "Retrying",
        "Running",
        "Scheduled",
        "State",
        "StateType",
    ),
    "tasks": ("Task", "task"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AwaitingRetry",
    "Cancelled",
    "Cancelling",
    "Completed",
    "Crashed",
    "Failed",
    "Flow",
    "FlowtuiError",
    "Paused",
    "Pending",
    "Retrying",
    "Running",
    "Scheduled",
    "State",
    "StateType",
    "Task",
    "TaskFuture",
    "TaskFutureList",
    "ThreadPoolTaskRunner",
    "as_completed",
    "exponential_backoff",
    "flow",
    "get_run_context",
    "get_run_logger",
    "tags",
    "task",
    "task_input_hash",
    "unmapped",
    "wait",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'flowtui' has no attribute {name!r}")
    value = getattr(import_module(f"flowtui.engine.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
