"""Where am I: the flow run and the task run that the present code belongs to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from flowtui.engine.errors import MissingContext

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow
    from flowtui.engine.model import FlowRun, TaskRun
    from flowtui.engine.runners.protocol import TaskRunner
    from flowtui.engine.runs.handle import FlowRunHandle
    from flowtui.engine.tasks import Task

__all__ = [
    "FlowRunContext",
    "TaskRunContext",
    "current_flow_run",
    "current_tags",
    "current_task_run",
    "enter_task_run",
    "get_run_context",
    "leave_task_run",
    "tags",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRunContext:
    """What code inside a flow run can know about it."""

    flow: "Flow[Any, Any]"
    handle: "FlowRunHandle"
    task_runner: "TaskRunner"
    parameters: Mapping[str, Any]
    log_prints: bool

    @property
    def flow_run(self) -> "FlowRun":
        """The run, as it was when it began here."""
        return self.handle.run

    @classmethod
    def get(cls) -> "FlowRunContext | None":
        """That of the flow run that this code belongs to, also from inside its tasks; None outside any."""
        return _flow_run.get()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunContext:
    """What code inside a task run can know about it."""

    task: "Task[Any, Any]"
    task_run: "TaskRun"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    log_prints: bool = False
    note_asset: "Callable[[str, Mapping[str, Any]], None] | None" = None
    """Takes what the code says of an asset that its task makes."""

    @classmethod
    def get(cls) -> "TaskRunContext | None":
        """That of the innermost task run that this code belongs to; None outside any."""
        return _task_run.get()


T = TypeVar("T")

_flow_run: ContextVar[FlowRunContext | None] = ContextVar("flowtui_flow_run", default=None)
_task_run: ContextVar[TaskRunContext | None] = ContextVar("flowtui_task_run", default=None)
_tags: ContextVar[frozenset[str]] = ContextVar("flowtui_tags", default=frozenset())

being_named: ContextVar[tuple[Any, Mapping[str, Any]] | None] = ContextVar("flowtui_being_named", default=None)
"""The flow or the task, and the parameters, of a run that is not there yet: while a function works out its name."""

loading_code: ContextVar[bool] = ContextVar("flowtui_loading_code", default=False)
"""True while a file is imported for the flows that it holds: a flow that it calls at its end is not run then."""


def current_flow_run() -> FlowRunContext | None:
    """The flow run that this code belongs to, also from inside its tasks."""
    return _flow_run.get()


def current_task_run() -> TaskRunContext | None:
    """The innermost task run that this code belongs to."""
    return _task_run.get()


def current_tags() -> frozenset[str]:
    """The tags of the surrounding `tags(…)` blocks."""
    return _tags.get()


def get_run_context() -> FlowRunContext | TaskRunContext:
    """The innermost run. Raises `MissingContext` outside any run."""
    context = _task_run.get() or _flow_run.get()
    if context is None:
        raise MissingContext("There is no current run: this code was not called by a flow or a task.")
    return context


@contextmanager
def tags(*names: str) -> Iterator[frozenset[str]]:
    """Give these tags to every run that is created within the block."""
    token = _tags.set(_tags.get() | frozenset(names))
    try:
        yield _tags.get()
    finally:
        _tags.reset(token)


@contextmanager
def in_flow_run(context: FlowRunContext) -> Iterator[None]:
    """Code within the block belongs to this flow run and to no task run."""
    flow_token = _flow_run.set(context)
    task_token = _task_run.set(None)
    try:
        yield
    finally:
        leave(_task_run, task_token)
        leave(_flow_run, flow_token)


def enter_task_run(context: TaskRunContext) -> Token[TaskRunContext | None]:
    """Code belongs to this task run, until `leave_task_run`."""
    return _task_run.set(context)


def leave_task_run(token: Token[TaskRunContext | None]) -> None:
    leave(_task_run, token)


def leave(variable: ContextVar[T], token: Token[T]) -> None:
    """Give a variable back the value that it had."""
    try:  # noqa: SIM105 - on the path of every task
        variable.reset(token)
    except ValueError:  # a coroutine that its loop has forgotten is closed in a context that never had the value
        pass
