"""Questions to the store about what a flow has just done."""

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun, FlowRunFilter, TaskRun, TaskRunFilter

__all__ = ["lines_of", "names_of", "only_run", "runs_of", "tasks_of"]


def runs_of(client: LocalClient, flow_name: str) -> list[FlowRun]:
    """The runs of a flow, oldest first."""
    client.flush()
    return list(reversed(client.list_flow_runs(FlowRunFilter(flow_names=(flow_name,)), limit=200).items))


def only_run(client: LocalClient) -> FlowRun:
    """The one run that there is, apart from subflows."""
    client.flush()
    (run,) = client.list_flow_runs(FlowRunFilter(top_level=True)).items
    return run


def tasks_of(client: LocalClient, run: FlowRun | None = None) -> dict[str, TaskRun]:
    """The task runs of a run (of all, without one) by name."""
    client.flush()
    items = client.list_task_runs(TaskRunFilter(flow_run_id=run.id if run else None), limit=1000).items
    tasks = {task.name: task for task in items}
    assert len(tasks) == len(items)
    return tasks


def names_of(client: LocalClient, run_id: str) -> list[str]:
    """The names of a run's states, oldest first: of a flow run or of a task run."""
    client.flush()
    states = client.flow_run_states(run_id) or client.task_run_states(run_id)
    return [state.name for state in states]


def lines_of(client: LocalClient, run: FlowRun) -> list[str]:
    """The messages of a run's log."""
    client.flush()
    return [line.message for line in client.read_logs(run.id).lines]
