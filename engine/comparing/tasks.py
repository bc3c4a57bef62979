"""How the tasks of two runs differ: called or not, how they ended, and how long they took. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from flowtui.engine.comparing.differences import Change, Difference
from flowtui.engine.model import TaskRun

__all__ = ["task_differences", "task_name", "took_longer"]

_RATIO: Final = 1.5
_LEAST_SECONDS: Final = 0.5
_LEAST_SHARE: Final = 0.05
"""A task that takes another time is worth telling from this ratio on, when it is felt at all: by so many seconds, and
by such a share of how long the older run took."""
_FEW: Final = 3
"""So many calls of one task that differ alike are told one by one."""

_WEIGHT: Final[Mapping[Change, int]] = {"missing": 55, "new": 50}
_ENDED_BADLY: Final = 95
_ENDED_OTHERWISE: Final = 60
_NOT_STARTED: Final = 52
_LONGER, _SHORTER = 45, 20


def task_name(task: TaskRun) -> str:
    """The task's own name, without the hash of its file's name."""
    return task.task_key.rpartition("-")[0] or task.task_key


def task_differences(older: Sequence[TaskRun], newer: Sequence[TaskRun], seconds: float) -> Iterator[Difference]:
    """Calls are the same when they are of the same task and have the same number. `seconds`: how long the older ran."""
    before, after = _by_call(older), _by_call(newer)
    alike: defaultdict[tuple[str, Change, str, str], list[TaskRun]] = defaultdict(list)
    pairs: defaultdict[str, list[tuple[TaskRun, TaskRun]]] = defaultdict(list)
    for call in dict.fromkeys([*after, *before]):
        old, new = before.get(call), after.get(call)
        shown = new or old
        assert shown is not None
        if old is not None and new is not None and old.state.type == new.state.type:
            pairs[call[0]].append((old, new))
            continue
        change: Change = "new" if old is None else "missing" if new is None else "changed"
        alike[call[0], change, _ended(old), _ended(new)].append(shown)
    for (name, change, was, now), tasks in alike.items():
        yield from _calls(name, change, was, now, tasks)
    for name, both in pairs.items():
        yield _durations(name, both, seconds)


def _by_call(tasks: Iterable[TaskRun]) -> dict[tuple[str, str], TaskRun]:
    return {(task_name(task), task.dynamic_key): task for task in tasks}


def _ended(task: TaskRun | None) -> str:
    return "" if task is None else task.state.name


def _calls(name: str, change: Change, was: str, now: str, tasks: Sequence[TaskRun]) -> Iterator[Difference]:
    """Each call that differs, or all of them at once when many differ alike."""
    first = tasks[0]
    weight = _WEIGHT.get(change, _ENDED_OTHERWISE)
    if change != "missing":
        bad = first.state.is_failed() or first.state.is_crashed()
        weight = _ENDED_BADLY if bad else _NOT_STARTED if first.state.is_not_ready() else weight
    many = len(tasks) > _FEW
    for task in tasks[:1] if many else tasks:
        message = task.state.message if task.state.is_failed() or task.state.is_crashed() else None
        yield Difference(
            section="tasks",
            what=f"{name} × {len(tasks)}" if many else task.name,
            change=change,
            before=was or None,
            after=(f"{now}: {message}" if message else now) or None,
            weight=weight,
            task_run_id=task.id,
        )


def _durations(name: str, both: Sequence[tuple[TaskRun, TaskRun]], seconds: float) -> Difference:
    """How long the calls that both runs made took, on average: with many calls, chance evens out."""
    was = sum(_took(old) for old, _ in both) / len(both)
    now = sum(_took(new) for _, new in both) / len(both)
    slowest = max(both, key=lambda pair: _took(pair[1]) - _took(pair[0]))[1]
    felt = took_longer(was * len(both), now * len(both), seconds)
    return Difference(
        section="tasks",
        what=slowest.name if len(both) == 1 else f"{name} × {len(both)}",
        change="changed" if felt else "same",
        before=round(was, 3),
        after=round(now, 3),
        is_duration=True,
        weight=(_LONGER if now > was else _SHORTER) if felt else 0,
        task_run_id=slowest.id,
    )


def _took(task: TaskRun) -> float:
    if task.start_time is None or task.end_time is None:
        return 0.0
    return (task.end_time - task.start_time).total_seconds()


def took_longer(before: float, after: float, whole: float) -> bool:
    """Whether two durations in seconds differ by more than chance has them differ."""
    least, most = sorted((before, after))
    return most - least >= max(_LEAST_SECONDS, _LEAST_SHARE * whole) and most >= _RATIO * least
