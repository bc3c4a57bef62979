"""Leave a call of a task to a task worker: its arguments are kept, a Scheduled run is made, and that is all."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flowtui.engine.annotations import allow_failure
from flowtui.engine.background.futures import BackgroundFuture, with_value
from flowtui.engine.background.parameters import KeptCall, forget, keep
from flowtui.engine.client.here import client_here
from flowtui.engine.containers import find_futures, replace_futures
from flowtui.engine.context import current_flow_run, current_tags
from flowtui.engine.errors import UpstreamFailed, UsageError
from flowtui.engine.evolve import evolve
from flowtui.engine.futures import TaskFuture, wait
from flowtui.engine.ids import new_id
from flowtui.engine.log_output import set_up_logging
from flowtui.engine.model import TaskRun
from flowtui.engine.runs.upstream import edges_of, value_of
from flowtui.engine.states import NotReady, Scheduled

if TYPE_CHECKING:
    from flowtui.engine.context import FlowRunContext
    from flowtui.engine.tasks import Task

__all__ = ["leave_to_workers"]


def leave_to_workers(
    task: "Task[Any, Any]",
    parameters: Mapping[str, Any],
    wait_for: Any = None,
    dependencies: Mapping[str, Iterable[Any]] | None = None,
) -> BackgroundFuture[Any]:
    """Make the run, durably, and answer its future.

    Futures of background tasks among the arguments are waited for where the run takes place; others are waited for
    here. `dependencies` adds edges to the run's graph: futures or ids of task runs by parameter.
    """
    set_up_logging()
    flow, client = current_flow_run(), client_here()
    number = str(flow.handle.next_call(task.task_key)) if flow is not None else new_id()
    before = _before(flow, task, number)
    if before is not None and (before.state.is_completed() or not before.state.is_final()):
        return BackgroundFuture(before)  # left by an earlier attempt, and still good
    state = Scheduled()
    run = TaskRun(
        id=before.id if before is not None else new_id(),
        name=task.name_run(parameters, int(number) if flow is not None else 0),
        task_key=task.task_key,
        dynamic_key=number,
        state=state,
        created=state.timestamp,
        expected_start_time=state.timestamp,
        flow_run_id=flow.handle.run_id if flow is not None else None,
        tags=tuple(sorted(task.tags | current_tags())),
        flow_run_run_count=flow.handle.attempt if flow is not None else 0,
        task_inputs=_edges(task, parameters, wait_for, dependencies),
    )
    try:
        call = _settled(parameters, wait_for)
    except UpstreamFailed as error:
        run = evolve(run, state=NotReady(message=str(error)))
        client.save_task_run(run)
        return _known(run)
    keep(task, run.id, run.name, call)
    try:
        client.enqueue_task_run(run, retries=task.retries, waits_for=_left(call))
    except BaseException:
        forget(task, run.id)
        raise
    if flow is not None:
        flow.handle.remember([run])  # for when the flow is tried again in this process
    return BackgroundFuture(run)


def _before(flow: "FlowRunContext | None", task: "Task[Any, Any]", number: str) -> TaskRun | None:
    """The same call in an earlier attempt of the flow run, as it is now."""
    before = flow.handle.earlier(task.task_key, number) if flow is not None else None
    if flow is None or before is None or before.state.is_final():
        return before
    return flow.handle.client.read_task_run(before.id)


def _settled(parameters: Mapping[str, Any], wait_for: Any) -> KeptCall:
    """The call with only futures of background tasks left in it. Raises `UpstreamFailed`."""
    found = find_futures([*parameters.values(), wait_for])
    here = [item for item in found if isinstance(item, TaskFuture) and not isinstance(item, BackgroundFuture)]
    if here:
        wait(here)

    def swap(item: Any, failure_allowed: bool) -> Any:
        if isinstance(item, BackgroundFuture):
            return allow_failure(item) if failure_allowed else item
        return value_of(item, failure_allowed)

    values = {name: replace_futures(value, swap) for name, value in parameters.items()}
    replace_futures(wait_for, swap)
    others = [item for item in find_futures(wait_for) if isinstance(item, BackgroundFuture)]
    return KeptCall(parameters=values, wait_for=others or None)


def _left(call: KeptCall) -> list[str]:
    found = find_futures([*call.parameters.values(), call.wait_for])
    return list(dict.fromkeys(item.task_run_id for item in found if isinstance(item, BackgroundFuture)))


def _edges(
    task: "Task[Any, Any]",
    parameters: Mapping[str, Any],
    wait_for: Any,
    dependencies: Mapping[str, Iterable[Any]] | None,
) -> dict[str, Any]:
    edges = edges_of(parameters, wait_for)
    for name, items in (dependencies or {}).items():
        for item in items:
            run_id = item.task_run_id if isinstance(item, TaskFuture) else item
            if not isinstance(run_id, str):
                raise UsageError(
                    f"dependencies of task {task.name!r} has {item!r} under {name!r}; "
                    "give futures, or ids of task runs."
                )
            edges.setdefault(name, []).append({"input_type": "task_run", "id": run_id})
    return edges


def _known(run: TaskRun) -> BackgroundFuture[Any]:
    """The future of a run that has ended before it began."""
    future: BackgroundFuture[Any] = BackgroundFuture(run)
    future.end(with_value(run))
    return future
