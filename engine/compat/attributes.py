"""What Prefect's objects have under names that flowtui's lack: added to the classes when a program asks for Prefect."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from flowtui.engine.blocks.base import Block
from flowtui.engine.blocks.secret import Secret
from flowtui.engine.both_ways import in_async_code
from flowtui.engine.flows import Flow
from flowtui.engine.futures import TaskFuture
from flowtui.engine.model import FlowRun
from flowtui.engine.states import State, StateType
from flowtui.engine.tasks import Task

__all__ = ["StateDetails", "add_attributes", "take_attributes_back"]

_REPLACED: Final = ("__init__", "result", "wait")
_NOTHING: Final = object()
_added: Final[list[tuple[type, str, Any]]] = []
"""Class, name, and what was there before."""


class StateDetails:
    """The details of a state by attribute; None for what there is not."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        self._details = details

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._details.get(name)
        is_instant = isinstance(value, str) and (name.endswith("_time") or name == "pause_timeout")
        return datetime.fromisoformat(value) if is_instant and isinstance(value, str) else value


def add_attributes() -> None:
    """What flowtui has itself stays as it is, but for what takes more arguments now."""
    _add(State, "state_details", property(lambda state: StateDetails(state.details)))
    _add(State, "result", _result(State.result))
    _add(State, "aresult", _aresult)
    _add(TaskFuture, "get_state", lambda future: future.state)
    _add(TaskFuture, "wait", _wait(TaskFuture.wait))
    _add(FlowRun, "estimated_run_time", property(lambda run: run.elapsed(run.updated)))
    _add(State, "__init__", _stated(State.__init__))
    for generic in (State, Secret):  # Prefect's can be written State[int]
        _add(generic, "__class_getitem__", classmethod(lambda cls, _: cls))
    _add(Block, "register_type_and_schema", classmethod(lambda cls: _done() if in_async_code() else None))
    for kind in (Flow, Task):
        _add(kind, "isasync", property(lambda whole: whole.is_async))
        _add(kind, "isgenerator", property(lambda whole: "generator" in whole.kind))


def take_attributes_back() -> None:
    """The classes as they were."""
    while _added:
        kind, name, before = _added.pop()
        if before is _NOTHING:
            delattr(kind, name)
        else:
            setattr(kind, name, before)


def _add(kind: type, name: str, value: Any) -> None:
    if name not in vars(kind) or name in _REPLACED:
        _added.append((kind, name, vars(kind).get(name, _NOTHING)))
        setattr(kind, name, value)


def _result(own: Callable[..., Any]) -> Callable[..., Any]:
    """`State.result` with the arguments that it has had over the years; awaited in async code of a program."""

    def result(
        state: State, raise_on_failure: bool = True, fetch: bool | None = None, retry_result_failure: bool = True
    ) -> Any:
        if in_async_code() and not _called_by_flowtui():
            return _aresult(state, raise_on_failure)
        return own(state, raise_on_failure)

    return own if own.__module__ == __name__ else result


def _called_by_flowtui() -> bool:
    """Whether whoever has called the function that asks is flowtui, which has never awaited these."""
    return str(sys._getframe(2).f_globals.get("__name__", "")).startswith("flowtui.")


def _wait(own: Callable[..., Any]) -> Callable[..., Any]:
    """`TaskFuture.wait`, which answered the final state in Prefect 2; None when there is none yet."""

    def wait(future: TaskFuture[Any], timeout: float | None = None) -> State | None:
        own(future, timeout)
        return future.state if future.inner.done() else None

    return own if own.__module__ == __name__ else wait


def _stated(own: Callable[..., None]) -> Callable[..., None]:
    """`State(type=…)` without a name, which is then that of its type."""

    def init(self: State, *, type: StateType | str, name: str | None = None, **fields: Any) -> None:  # noqa: A002
        kind = StateType(type)
        own(self, type=kind, name=name or kind.value.capitalize(), **fields)

    return own if own.__module__ == __name__ else init


async def _done() -> None:
    """Types of blocks need no registration: to define a class is enough."""


async def _aresult(state: State, raise_on_failure: bool = True, retry_result_failure: bool = True) -> Any:
    return state.result(raise_on_failure)
