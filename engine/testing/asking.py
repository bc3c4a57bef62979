"""Questions about what runs did, and assertions that say what was there instead. They ask the store of this process."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import NotFound
from flowtui.engine.flows import Flow
from flowtui.engine.model import FlowRun, TaskRun, TaskRunFilter
from flowtui.engine.query import Query
from flowtui.engine.states import State
from flowtui.engine.tasks import Task

__all__ = [
    "assert_completed",
    "assert_failed",
    "assert_states",
    "logs_of",
    "only_run",
    "run_state",
    "runs_of",
    "states_of",
    "task_runs_of",
]

Run = FlowRun | TaskRun | str
"""A run, or its id. It is read again from the store for each question."""

_PAGE = 200
_LAST_LINES = 10


def run_state(called: Flow[..., Any] | Task[..., Any], *args: Any, **kwargs: Any) -> State:
    """Call a flow or a task, sync or async, and answer the final state of the run; nothing is raised when it fails."""
    call: Callable[..., Any] = called
    answer: Any = call(*args, return_state=True, **kwargs)
    if asyncio.iscoroutine(answer):
        answer = asyncio.run(answer)
    state: State = answer
    return state


def runs_of(flow: Flow[..., Any] | str | None = None, *, client: Client | None = None) -> list[FlowRun]:
    """The runs of a flow (or of the flows whose name fits a pattern, `etl-*`; of all, without), oldest first."""
    store = _flushed(client)
    name = flow.name if isinstance(flow, Flow) else flow
    query = Query.of(flows=(name,) if name is not None else ())
    found: list[FlowRun] = []
    after: str | None = None
    while True:
        page = store.list_flow_runs(query, limit=_PAGE, after=after)
        found.extend(page.items)
        after = page.next
        if after is None:
            return found[::-1]


def only_run(flow: Flow[..., Any] | str | None = None, *, client: Client | None = None) -> FlowRun:
    """The one run that there is; subflows count only when their flow is named. Fails when there are none or several."""
    found = [run for run in runs_of(flow, client=client) if flow is not None or run.parent_task_run_id is None]
    shown = ", ".join(f"{run.name!r} of {run.flow_name!r}" for run in found[:10])
    assert len(found) == 1, f"there are {len(found)} runs: {shown}" if found else "there is no run"
    return found[0]


def task_runs_of(run: Run | None = None, *, client: Client | None = None) -> list[TaskRun]:
    """The task runs of a flow run (of all, without one) in the order in which they were made."""
    store = _flushed(client)
    where = TaskRunFilter(flow_run_id=_id(run) if run is not None else None)
    found: list[TaskRun] = []
    after: str | None = None
    while True:
        page = store.list_task_runs(where, limit=_PAGE, after=after)
        found.extend(page.items)
        after = page.next
        if after is None:
            return found if run is not None else found[::-1]


def logs_of(run: Run, level: int | str = logging.NOTSET, *, client: Client | None = None) -> list[str]:
    """The messages in the log of a flow run, with those of its tasks, or of one task run; of `level` or above."""
    store = _flushed(client)
    least = logging.getLevelNamesMapping()[level.upper()] if isinstance(level, str) else level
    now = _read(run, store)
    of_flow = now.id if isinstance(now, FlowRun) else now.flow_run_id
    if of_flow is None:
        return []
    messages: list[str] = []
    start, total = 0, 1
    while start < total:
        page = store.read_logs(of_flow, start=start)
        mine = [line for line in page.lines if isinstance(now, FlowRun) or line.task_run_id == now.id]
        messages.extend(line.message for line in mine if line.level >= least)
        start, total = start + max(len(page.lines), 1), page.total
    return messages


def states_of(run: Run, *, client: Client | None = None) -> list[State]:
    """The states that a flow run or a task run has been in, oldest first."""
    store = _flushed(client)
    return list(store.flow_run_states(_id(run)) or store.task_run_states(_id(run)))


def assert_completed(what: Run | State) -> None:
    """It completed; else the message says how it ended, and the end of its log."""
    state = what if isinstance(what, State) else _read(what, _flushed(None)).state
    assert state.is_completed(), f"it ended in {state}, not Completed{_log_tail(what)}"


def assert_failed(what: Run | State, saying: str = "") -> None:
    """It failed, and its message holds `saying`."""
    state = what if isinstance(what, State) else _read(what, _flushed(None)).state
    assert state.is_failed(), f"it ended in {state}, not Failed{_log_tail(what)}"
    assert saying in (state.message or ""), f"{saying!r} is not in its message: {state.message!r}"


def assert_states(run: Run, names: Sequence[str]) -> None:
    """It went through exactly these states, by name: `assert_states(run, ["Pending", "Running", "Completed"])`."""
    found = [state.name for state in states_of(run)]
    assert found == list(names), f"its states were {found}, not {list(names)}{_log_tail(run)}"


def _flushed(client: Client | None) -> Client:
    store = client if client is not None else current_client()
    store.flush()
    return store


def _id(run: Run) -> str:
    return run if isinstance(run, str) else run.id


def _read(run: Run, store: Client) -> FlowRun | TaskRun:
    if isinstance(run, TaskRun):
        return store.read_task_run(run.id)
    try:
        return store.read_flow_run(_id(run))
    except NotFound:
        return store.read_task_run(_id(run))


def _log_tail(what: Run | State) -> str:
    if isinstance(what, State):
        return ""
    lines = logs_of(what)[-_LAST_LINES:]
    return ". Its log ends with:\n" + "\n".join(lines) if lines else ""
