"""Hooks: functions of the user's that are called when a run has entered a state; which there are, and for what."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.errors import UsageError
from flowtui.engine.names import function_name
from flowtui.engine.states import State, StateType

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow
    from flowtui.engine.model import FlowRun, TaskRun
    from flowtui.engine.tasks import Task

__all__ = ["FLOW_EVENTS", "TASK_EVENTS", "FlowHook", "Hooks", "TaskHook", "add_hook", "checked_hooks", "hooks_for"]

FlowHook = Callable[["Flow[..., Any]", "FlowRun", State], Any]
"""Called with the flow, its run and the state; may be async."""
TaskHook = Callable[["Task[..., Any]", "TaskRun", State], Any]
"""Called with the task, its run and the state; may be async."""
Hooks = dict[str, list[Callable[..., Any]]]
"""The hooks of one flow or task by the event that they wait for; an event without hooks is not in it."""

FLOW_EVENTS: Final = ("on_completion", "on_failure", "on_cancellation", "on_crashed", "on_running")
TASK_EVENTS: Final = ("on_completion", "on_failure", "on_running")

_EVENT: Final[Mapping[StateType, str]] = {
    StateType.RUNNING: "on_running",
    StateType.COMPLETED: "on_completion",
    StateType.FAILED: "on_failure",
    StateType.CRASHED: "on_crashed",
    StateType.CANCELLING: "on_cancellation",
    StateType.CANCELLED: "on_cancellation",
}


def checked_hooks(given: Mapping[str, Iterable[Callable[..., Any]] | None], name: str) -> Hooks:
    """The hooks by event. Raises `UsageError` for what is no list of functions."""
    hooks: Hooks = {}
    for event, functions in given.items():
        if functions is None:
            continue
        listed: Any = functions
        if callable(listed) or isinstance(listed, str) or not isinstance(listed, Iterable):
            shown = function_name(listed) if callable(listed) else repr(listed)
            raise UsageError(f"{event} of {name!r} is {shown}; give a list of functions, such as {event}=[notify].")
        for function in functions:
            add_hook(hooks, event, function, name)
    return hooks


def add_hook(hooks: Hooks, event: str, function: Callable[..., Any], name: str) -> None:
    """Add one. Raises `UsageError` when it cannot be called."""
    if not callable(function):
        raise UsageError(f"{event} of {name!r} has {function!r}, which is no function.")
    hooks.setdefault(event, []).append(function)


def hooks_for(hooks: Hooks, state: State) -> tuple[str, list[Callable[..., Any]]]:
    """The event that entering the state is, and the hooks that wait for it."""
    event = _EVENT.get(state.type, "")
    return event, hooks.get(event, [])
