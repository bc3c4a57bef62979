"""The run of a task or a flow that is a generator, as the drivers of generators need it."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from flowtui.engine.model import TaskRun
from flowtui.engine.runs.flow_run import FlowSession
from flowtui.engine.runs.flow_run import begin as begin_flow
from flowtui.engine.runs.generators import Streamed
from flowtui.engine.runs.task_run import TaskSession
from flowtui.engine.runs.task_run import begin as begin_task
from flowtui.engine.runs.task_steps import Looked, task_steps
from flowtui.engine.states import State

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow
    from flowtui.engine.runs.keeping import RunKeeping
    from flowtui.engine.tasks import Task

__all__ = ["flow_stream", "task_stream"]


def task_stream(task: "Task[Any, Any]", parameters: dict[str, Any], wait_for: Any) -> Streamed:
    """Create the task run, whose function will hand on its items."""
    session = begin_task(task, parameters, wait_for)
    if session.keeping is not None:
        session.keeping.forget_results()

    def call() -> Any:
        session.enter()  # for good: the run has a context of its own
        return task.signature.call(task.fn, session.parameters)

    def finish(run: TaskRun) -> Any:
        state = session.finish(run).state
        if state.is_pending():
            raise state.data
        return state.result()

    return Streamed(task_steps(_NeverKept(session)), session, call, nullcontext, finish)


def flow_stream(flow: "Flow[Any, Any]", parameters: dict[str, Any], edges: dict[str, Any] | None) -> Streamed:
    """Create the flow run, whose function will hand on its items."""
    session = begin_flow(flow, parameters, edges)
    assert isinstance(session, FlowSession)

    def call() -> Any:
        return flow.signature.call(flow.fn, session.parameters)

    def finish(state: State) -> Any:
        return session.finish(state).result()

    def around() -> AbstractContextManager[Any]:
        return session.surroundings()

    return Streamed(session.steps(), session, call, around, finish)


class _NeverKept:
    """A session whose value is neither looked up nor kept: the items are what counts, and they are gone."""

    def __init__(self, session: TaskSession) -> None:
        self._session = session

    @property
    def keeping(self) -> "RunKeeping | None":
        """Its part in transactions."""
        return self._session.keeping

    @property
    def run(self) -> TaskRun:
        return self._session.run

    @run.setter
    def run(self, run: TaskRun) -> None:
        self._session.run = run

    def look_up(self) -> Looked:
        return Looked({})

    def keep(self, state: State) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)
