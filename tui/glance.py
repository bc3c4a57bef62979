"""What the preview of a run shows, read in one go."""

from dataclasses import replace
from typing import Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.model import FlowRun, TaskRunFilter
from flowtui.engine.states import StateType
from flowtui.tui.widgets.preview import Glance

__all__ = ["read_glance"]

_LOG_LINES: Final = 12
_TASKS: Final = 200


def read_glance(client: Client, run: FlowRun) -> Glance:
    """What the preview shows of a run: at most some hundred tasks, and the end of its log."""
    where = TaskRunFilter(flow_run_id=run.id)
    tasks = client.list_task_runs(where, limit=_TASKS).items
    if run.stats.tasks > _TASKS:
        # The first page is not where the news is: look for what failed and what runs.
        known = {task.id: task for task in tasks}
        for kinds, limit in (((StateType.FAILED, StateType.CRASHED), 5), ((StateType.RUNNING,), 20)):
            for task in client.list_task_runs(replace(where, state_types=kinds), limit=limit).items:
                known[task.id] = task
        tasks = tuple(sorted(known.values(), key=lambda task: task.id))
    return Glance(run, tasks, client.read_logs(run.id, start=-_LOG_LINES, limit=_LOG_LINES).lines)
