"""Which task runs a task run depends on, and the chain of them that took the longest. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from flowtui.engine.model import TaskRun

__all__ = ["critical_path", "in_order", "upstream_of"]


def upstream_of(task: TaskRun) -> tuple[str, ...]:
    """The ids of the task runs whose values it was given, or which it waited for; each once, as they come."""
    if not task.task_inputs:
        return ()
    found: dict[str, None] = {}
    for edges in task.task_inputs.values():
        for edge in edges:
            if edge.get("input_type") == "task_run" and edge.get("id"):
                found[edge["id"]] = None
    return tuple(found)


def in_order(upstream: Mapping[str, Sequence[str]]) -> list[str]:
    """All ids, each after those that it depends on. Ids that `upstream` does not hold count for nothing. Edges of a
    circle, which no engine records but a store may hold, are left out one by one."""
    ordered: list[str] = []
    state: dict[str, int] = {}  # 1: its upstream is being looked at, 2: done
    for root in upstream:
        if root in state:
            continue
        stack = [(root, iter(upstream[root]))]
        state[root] = 1
        while stack:
            here, rest = stack[-1]
            following = next((one for one in rest if one in upstream and one not in state), None)
            if following is None:
                stack.pop()
                state[here] = 2
                ordered.append(here)
            else:
                state[following] = 1
                stack.append((following, iter(upstream[following])))
    return ordered


def critical_path(upstream: Mapping[str, Sequence[str]], seconds: Mapping[str, float]) -> tuple[str, ...]:
    """The chain of dependencies that took the longest in sum, first task first. Empty when there is nothing."""
    total: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for here in in_order(upstream):
        slowest = max((one for one in upstream[here] if one in total), key=lambda one: total[one], default=None)
        before[here] = slowest
        total[here] = seconds.get(here, 0.0) + (total[slowest] if slowest is not None else 0.0)
    last = max(total, key=lambda one: total[one], default=None)
    return tuple(reversed(list(_back(last, before))))


def _back(last: str | None, before: Mapping[str, str | None]) -> Iterable[str]:
    while last is not None:
        yield last
        last = before[last]
