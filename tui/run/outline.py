"""The rows of the timeline: tasks in an order, subflows nested where they are, calls of one task as one group. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, NamedTuple

from flowtui.engine.model import TaskRun
from flowtui.engine.states import StateType
from flowtui.tui.run.branches import Branch, Branches, critical_of

__all__ = ["ORDERS", "Order", "Outline", "Row", "outline", "task_word"]

Order = Literal["made", "grouped", "failed first", "slowest first"]
ORDERS: Final[tuple[Order, ...]] = ("made", "grouped", "failed first", "slowest first")
_DEEPEST: Final = 8
_BAD: Final = (StateType.FAILED, StateType.CRASHED)


class Row(NamedTuple):
    """One line: a task, or a group of all calls of one task (then `members` holds their ids). A tuple, because ten
    thousand are made at once: five times as quick."""

    id: str
    run_id: str
    depth: int
    task_id: str | None
    opens: bool = False
    """There is something within that can be shown."""
    open: bool = False
    members: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """All rows, where each stands, and what is on the critical path."""

    rows: tuple[Row, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    critical: frozenset[str] = frozenset()


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
    _grow(rows, critical, branches, branches.root, opened, order, now, 0)
    if before is not None and before.rows == tuple(rows):
        return before if before.critical == critical else replace(before, critical=frozenset(critical))
    return Outline(tuple(rows), {row.id: place for place, row in enumerate(rows)}, frozenset(critical))


def _grow(
    rows: list[Row],
    critical: set[str],
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
                _grow(rows, critical, branches, child, opened, order, now, depth + 1)

    if order != "grouped":
        add(_ordered(branch, order, now), depth)
        return
    for key, tasks in _groups(branch).items():
        if len(tasks) == 1:
            add(tasks, depth)
            continue
        row_id = f"group {run_id} {key}"
        members, is_open = tuple(task.id for task in tasks), row_id in opened
        rows.append(Row(row_id, run_id, depth, None, opens=True, open=is_open, members=members, label=task_word(key)))
        if is_open:
            add(tasks, depth + 1)


def _groups(branch: Branch) -> Mapping[str, Sequence[TaskRun]]:
    groups: defaultdict[str, list[TaskRun]] = defaultdict(list)
    for task in branch.tasks.tasks:
        groups[task.task_key].append(task)
    return groups


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
