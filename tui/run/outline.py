"""The rows of the timeline: tasks in an order, subflows nested where they are, calls of one task as one group. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, NamedTuple

from flowtui.engine.model import TaskRun
from flowtui.engine.states import StateType
from flowtui.tui.run.branches import Branch, Branches, critical_of

__all__ = ["ORDERS", "Order", "Outline", "Row", "Tally", "outline", "task_word"]

Order = Literal["made", "grouped", "failed first", "slowest first"]
ORDERS: Final[tuple[Order, ...]] = ("made", "grouped", "failed first", "slowest first")
_DEEPEST: Final = 8
_BAD: Final = (StateType.FAILED, StateType.CRASHED)


class Row(NamedTuple):
    """One line: a task, or a group of all calls of one task (then `task_id` is None). A tuple, because ten
    thousand are made at once: five times as quick."""

    id: str
    run_id: str
    depth: int
    task_id: str | None
    opens: bool = False
    """There is something within that can be shown."""
    open: bool = False
    label: str = ""


class Tally(NamedTuple):
    """How the calls of a group fare."""

    calls: int
    done: int
    bad: int
    running: int
    start: datetime | None
    """When the first of them began."""
    end: datetime | None
    """When the last of them ended."""


@dataclass(frozen=True, slots=True)
class Outline:
    """All rows, where each stands, what is on the critical path, and how the groups fare."""

    rows: tuple[Row, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    critical: frozenset[str] = frozenset()
    groups: Mapping[str, Tally] = field(default_factory=dict)
    """By the id of the row."""


def task_word(task_key: str) -> str:
    """What a person calls a task: the last part of its key, without the hash of its file."""
    if task_key.startswith("flow "):
        return task_key.removeprefix("flow ")
    name, dash, digest = task_key.rpartition("-")
    named = name if dash and len(digest) == 8 else task_key
    return named.rsplit(".", 1)[-1] or task_key


def outline(
    branches: Branches, opened: frozenset[str], order: Order, now: datetime, before: Outline | None = None
) -> Outline:
    """The rows for what is open; `before` itself when nothing is different. For 10,000 tasks it costs some ten
    milliseconds: call it in a thread."""
    rows: list[Row] = []
    critical: set[str] = set()
    groups: dict[str, Tally] = {}
    _grow(rows, critical, groups, branches, branches.root, opened, order, now, 0)
    if before is not None and before.rows == tuple(rows):
        if before.critical == critical and before.groups == groups:
            return before
        return replace(before, critical=frozenset(critical), groups=groups)
    places = {row.id: place for place, row in enumerate(rows)}
    return Outline(tuple(rows), places, frozenset(critical), groups)


def _grow(
    rows: list[Row],
    critical: set[str],
    groups: dict[str, Tally],
    branches: Branches,
    run_id: str,
    opened: frozenset[str],
    order: Order,
    now: datetime,
    depth: int,
) -> None:
    branch = branches.by_run.get(run_id)
    if branch is None or depth > _DEEPEST:
        return
    critical.update(critical_of(branch, now))

    def add(tasks: Iterable[TaskRun], depth: int) -> None:
        for task in tasks:
            child, is_open = task.child_flow_run_id, task.id in opened
            rows.append(Row(task.id, run_id, depth, task.id, opens=child is not None, open=is_open))
            if child is not None and is_open:
                _grow(rows, critical, groups, branches, child, opened, order, now, depth + 1)

    if order != "grouped":
        add(_ordered(branch, order, now), depth)
        return
    for key, tasks in _groups(branch).items():
        if len(tasks) == 1:
            add(tasks, depth)
            continue
        row_id = f"group {run_id} {key}"
        groups[row_id] = _tally(tasks)
        is_open = row_id in opened
        rows.append(Row(row_id, run_id, depth, None, opens=True, open=is_open, label=task_word(key)))
        if is_open:
            add(tasks, depth + 1)


def _groups(branch: Branch) -> Mapping[str, Sequence[TaskRun]]:
    groups: defaultdict[str, list[TaskRun]] = defaultdict(list)
    for task in branch.tasks.tasks:
        groups[task.task_key].append(task)
    return groups


def _tally(tasks: Sequence[TaskRun]) -> Tally:
    return Tally(
        calls=len(tasks),
        done=sum(task.state.is_final() for task in tasks),
        bad=sum(task.state.type in _BAD for task in tasks),
        running=sum(task.state.is_running() for task in tasks),
        start=min((task.start_time for task in tasks if task.start_time is not None), default=None),
        end=max((task.end_time for task in tasks if task.end_time is not None), default=None),
    )


def _ordered(branch: Branch, order: Order, now: datetime) -> Sequence[TaskRun]:
    if order == "made":
        return branch.tasks.tasks
    return sorted(branch.tasks.tasks, key=_failed_first if order == "failed first" else _slowest_first(now))


def _failed_first(task: TaskRun) -> int:
    """What failed, what runs, what waits, and what went well."""
    if task.state.type in _BAD:
        return 0
    if task.state.is_running():
        return 1
    return 3 if task.state.is_final() else 2


def _slowest_first(now: datetime) -> Callable[[TaskRun], float]:
    def key(task: TaskRun) -> float:
        elapsed = task.elapsed(now)
        return -elapsed.total_seconds() if elapsed is not None else 1.0

    return key
