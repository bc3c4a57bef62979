"""Questions to the store about what a flow has just done: those of `flowtui.testing`, of one client."""

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.testing import asking

__all__ = ["lines_of", "names_of", "only_run", "runs_of", "tasks_of"]


def runs_of(client: LocalClient, flow_name: str) -> list[FlowRun]:
    """The runs of a flow, oldest first."""
    return asking.runs_of(flow_name, client=client)


def only_run(client: LocalClient) -> FlowRun:
    """The one run that there is, apart from subflows."""
    return asking.only_run(client=client)


def tasks_of(client: LocalClient, run: FlowRun | None = None) -> dict[str, TaskRun]:
    """The task runs of a run (of all, without one) by name."""
    items = asking.task_runs_of(run, client=client)
    tasks = {task.name: task for task in items}
    assert len(tasks) == len(items)
    return tasks


def names_of(client: LocalClient, run_id: str) -> list[str]:
    """The names of a run's states, oldest first: of a flow run or of a task run."""
    return [state.name for state in asking.states_of(run_id, client=client)]


def lines_of(client: LocalClient, run: FlowRun) -> list[str]:
    """The messages of a run's log."""
    return asking.logs_of(run, client=client)
