"""What Prefect's objects have under names that flowtui's lack: added to the classes when a program asks for Prefect."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NoReturn

from flowtui.engine.compat.names import WHY_NOT
from flowtui.engine.errors import UsageError
from flowtui.engine.flows import Flow
from flowtui.engine.futures import TaskFuture
from flowtui.engine.model import FlowRun
from flowtui.engine.states import State
from flowtui.engine.tasks import Task

__all__ = ["StateDetails", "add_attributes"]

_NOT_ON_FLOWS: Final = ("serve", "deploy", "to_deployment", "from_source")
_NOT_ON_TASKS: Final = ("delay", "apply_async", "serve")


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
    """Once for the process; what flowtui has itself stays as it is."""
    _add(State, "state_details", property(lambda state: StateDetails(state.details)))
    _add(State, "result", _result(State.result))
    _add(State, "aresult", _aresult)
    _add(TaskFuture, "get_state", lambda future: future.state)
    _add(TaskFuture, "wait", _wait(TaskFuture.wait))
    _add(FlowRun, "estimated_run_time", property(lambda run: run.elapsed(run.updated)))
    for kind in (Flow, Task):
        _add(kind, "isasync", property(lambda whole: whole.is_async))
        _add(kind, "isgenerator", property(lambda whole: "generator" in whole.kind))
    for name in _NOT_ON_FLOWS:
        _add(Flow, name, _missing(f"Flow.{name}", WHY_NOT["serve"]))
    for name in _NOT_ON_TASKS:
        _add(Task, name, _missing(f"Task.{name}", WHY_NOT["task_worker"]))


def _add(kind: type, name: str, value: Any) -> None:
    if name not in vars(kind) or name in ("result", "wait"):
        setattr(kind, name, value)


def _result(own: Callable[..., Any]) -> Callable[..., Any]:
    """`State.result` with the arguments that it has had over the years."""

    def result(
        state: State, raise_on_failure: bool = True, fetch: bool | None = None, retry_result_failure: bool = True
    ) -> Any:
        return own(state, raise_on_failure)

    return own if own.__module__ == __name__ else result


def _wait(own: Callable[..., Any]) -> Callable[..., Any]:
    """`TaskFuture.wait`, which answered the final state in Prefect 2; None when there is none yet."""

    def wait(future: TaskFuture[Any], timeout: float | None = None) -> State | None:
        own(future, timeout)
        return future.state if future.inner.done() else None

    return own if own.__module__ == __name__ else wait


async def _aresult(state: State, raise_on_failure: bool = True, retry_result_failure: bool = True) -> Any:
    return state.result(raise_on_failure)


def _missing(name: str, why: str) -> Callable[..., NoReturn]:
    def missing(*args: Any, **kwargs: Any) -> NoReturn:
        raise UsageError(f"flowtui has no {name}. {why}")

    return missing
