"""A run as it was at a moment: the fold of all that had happened until then. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from flowtui.engine.model import FlowRun, RunStats, TaskRun
from flowtui.engine.states import State, StateType
from flowtui.tui.run.branches import Branch, Branches
from flowtui.tui.run.history import History
from flowtui.tui.run.outline import Order, outline
from flowtui.tui.run.seen import Seen
from flowtui.tui.timeline import TaskList

__all__ = ["rewound", "run_at", "seen_at", "task_at"]

_BAD = (StateType.FAILED, StateType.CRASHED)


def rewound(branches: Branches, history: History, moment: datetime) -> Branches:
    """All that was known of the runs at that moment. For 10,000 tasks it costs up to 100 ms: call it in a thread."""
    by_run = {run_id: _branch_at(branch, history, moment) for run_id, branch in branches.by_run.items()}
    return replace(branches, by_run=by_run)


def _branch_at(branch: Branch, history: History, moment: datetime) -> Branch:
    found = (task_at(task, history.states_until(task.id, moment), moment) for task in branch.tasks.tasks)
    tasks = tuple(task for task in found if task is not None)
    listed = TaskList(tasks, {task.id: place for place, task in enumerate(tasks)})
    return Branch(run_at(branch.run, history.states_until(branch.run.id, moment), tasks), listed)


def task_at(task: TaskRun, states: Sequence[State], moment: datetime) -> TaskRun | None:
    """A task run after those of its states that it had had by then; None when it had not been made."""
    if not states:
        return None
    if states[-1].id == task.state.id:
        return task
    starts = [state.timestamp for place, state in enumerate(states) if _begins(states, place)]
    last = states[-1]
    return replace(
        task,
        state=last,
        start_time=starts[0] if starts else None,
        end_time=last.timestamp if last.is_final() else None,
        run_count=len(starts),
        result=task.result if last.is_final() else None,
    )


def run_at(run: FlowRun, states: Sequence[State], tasks: Sequence[TaskRun]) -> FlowRun:
    """A flow run after those of its states that it had had by then, with the tasks that there were. Before its first
    state it is as it was made: Scheduled or Pending."""
    if states and states[-1].id == run.state.id:
        return run
    starts = [state.timestamp for place, state in enumerate(states) if _begins(states, place)]
    last = states[-1] if states else State(type=StateType.PENDING, name="Pending", timestamp=run.created, id=run.id)
    done = sum(task.state.is_final() for task in tasks)
    failed = sum(task.state.type in _BAD for task in tasks)
    return replace(
        run,
        state=last,
        start_time=starts[0] if starts else None,
        end_time=last.timestamp if last.is_final() else None,
        run_count=len(starts),
        total_run_time=_ran(states).total_seconds(),
        result=run.result if last.is_final() else None,
        stats=RunStats(tasks=len(tasks), done=done, failed=failed),
    )


def seen_at(seen: Seen, history: History, moment: datetime, order: Order) -> Seen:
    """What there was to be seen at that moment. Call it in a thread."""
    branches = rewound(seen.branches, history, moment)
    trunk = branches.trunk
    task = branches.task(seen.task.flow_run_id or "", seen.task.id) if seen.task is not None else None
    return replace(
        seen,
        run=trunk.run if trunk is not None else seen.run,
        branches=branches,
        now=moment,
        states=history.states_until(seen.run.id, moment),
        outline=outline(branches, seen.opened, order, moment),
        task=task,
        artifacts=[made for made in seen.artifacts if made.created <= moment],
        replayed=True,
    )


def _ran(states: Sequence[State]) -> timedelta:
    """How long it had been running before the last of its states."""
    spans = pairwise(states)
    return sum((after.timestamp - state.timestamp for state, after in spans if state.is_running()), timedelta(0))


def _begins(states: Sequence[State], place: int) -> bool:
    """Whether with this state it began to run."""
    return states[place].is_running() and not (place and states[place - 1].is_running())
