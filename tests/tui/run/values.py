"""Runs and tasks as values, for tests of what is drawn from them."""

from datetime import datetime, timedelta

from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.states import Completed, Running, State
from flowtui.tui.run.branches import Branch
from flowtui.tui.timeline import TaskList
from tests.fakes.world import NOW

__all__ = ["RUN", "at", "branch_of", "depending", "task"]

RUN = FlowRun(
    id="r", name="r", flow_id="f", flow_name="f", state=Running(timestamp=NOW), created=NOW, updated=NOW, start_time=NOW
)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def task(
    number: int = 1, start: float | None = None, end: float | None = None, state: State | None = None, **more: object
) -> TaskRun:
    given = {
        "id": f"t{number:03}",
        "name": f"load-{number}",
        "task_key": "load-1a2b3c4d",
        "dynamic_key": str(number),
        "state": state or (Completed(timestamp=at(end)) if end is not None else Running(timestamp=at(start or 0))),
        "created": at(0 if start is None else max(start - 1, 0)),
        "flow_run_id": "r",
        "start_time": None if start is None else at(start),
        "end_time": None if end is None else at(end),
        **more,
    }
    return TaskRun(**given)


def depending(number: int, *on: int, start: float = 0.0, end: float = 1.0) -> TaskRun:
    edges = {"value": [{"input_type": "task_run", "id": f"t{other:03}"} for other in on]}
    return task(number, start, end, task_inputs=edges if on else {"day": [{"input_type": "parameter", "name": "day"}]})


def branch_of(*tasks: TaskRun, run: FlowRun = RUN) -> Branch:
    return Branch(run, TaskList().with_tail(None, 0, tasks))
