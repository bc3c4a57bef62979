"""The graph of a run as people can read it: tasks and their dependencies, many calls of one task as one node. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flowtui.engine.model import TaskRun
from flowtui.engine.states import StateType
from flowtui.tui.formats import count
from flowtui.tui.looks import look_of
from flowtui.tui.run.branches import Branch, Branches
from flowtui.tui.run.dependencies import upstream_of
from flowtui.tui.run.outline import task_word

__all__ = ["Graph", "Node", "graph_of"]

_MOST: Final = 80
"""A run of more task runs than this is drawn by task; what people ask to see is drawn in any case, up to `_SHOWN`."""
_SHOWN: Final = 200
_DEEPEST: Final = 8
_RANKS: Final = (
    StateType.FAILED,
    StateType.CRASHED,
    StateType.RUNNING,
    StateType.PAUSED,
    StateType.CANCELLING,
    StateType.CANCELLED,
    StateType.SCHEDULED,
    StateType.PENDING,
    StateType.COMPLETED,
)


@dataclass(frozen=True, slots=True)
class Node:
    """One task run, or several calls of one task (`members`); `glyph` and `role` are those of the state that matters
    most in it."""

    id: str
    label: str
    glyph: str
    role: str
    run_id: str
    members: tuple[str, ...]
    opens: bool = False
    open: bool = False
    child: str | None = None
    """The flow run that it stands for."""
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order in which they were made, and edges from what was first to what came of it."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()


def graph_of(branches: Branches, opened: frozenset[str] = frozenset(), critical: frozenset[str] = frozenset()) -> Graph:
    """The graph with the subflows and groups in `opened` drawn as what is in them."""
    nodes: list[Node] = []
    edges: dict[tuple[str, str], None] = {}
    _add_run(nodes, edges, branches, branches.root, opened, critical, 0)
    return Graph(tuple(nodes), tuple(edges))


def _add_run(
    nodes: list[Node],
    edges: dict[tuple[str, str], None],
    branches: Branches,
    run_id: str,
    opened: frozenset[str],
    critical: frozenset[str],
    depth: int,
) -> tuple[list[str], list[str]]:
    """Add a run's nodes and edges; answers with the nodes that nothing comes before, and those nothing follows."""
    branch = branches.by_run.get(run_id)
    if branch is None or depth > _DEEPEST:
        return [], []
    own, node_of = _nodes_of(branch, opened, critical)
    mine = {node.id: node for node in own}
    nodes.extend(own)
    own_edges = _edges_of(branch, node_of)
    for node in own:
        if node.child is None or not node.open:
            continue
        first, last = _add_run(nodes, edges, branches, node.child, opened, critical, depth + 1)
        edges.update(dict.fromkeys((node.id, one) for one in first))
        if last:  # what follows the subflow follows what is last in it
            following = [target for source, target in own_edges if source == node.id]
            own_edges = [edge for edge in own_edges if edge[0] != node.id]
            own_edges.extend((one, target) for one in last for target in following)
    edges.update(dict.fromkeys(own_edges))
    sources, targets = {source for source, _ in own_edges}, {target for _, target in own_edges}
    return [one for one in mine if one not in targets], [one for one in mine if one not in sources]


def _nodes_of(branch: Branch, opened: frozenset[str], critical: frozenset[str]) -> tuple[list[Node], Mapping[str, str]]:
    """The nodes of one run, and in which of them each task run is."""
    tasks = branch.tasks.tasks
    by_key: defaultdict[str, list[TaskRun]] = defaultdict(list)
    for task in tasks:
        by_key[task.task_key].append(task)
    crowded = len(tasks) > _MOST
    nodes: list[Node] = []
    node_of: dict[str, str] = {}
    seen: set[str] = set()
    for task in tasks:
        group = f"group {branch.run.id} {task.task_key}"
        calls = by_key[task.task_key]
        if not crowded or len(calls) == 1:
            nodes.append(_single(task, opened, critical))
            node_of[task.id] = task.id
        elif task.task_key not in seen:
            seen.add(task.task_key)
            shown = calls[:_SHOWN] if group in opened else []
            nodes.append(_group(group, calls, branch.run.id, critical, open_=bool(shown), rest=len(calls) - len(shown)))
            nodes.extend(_single(one, opened, critical) for one in shown)
            node_of.update({one.id: group for one in calls})
            node_of.update({one.id: one.id for one in shown})
    return nodes, node_of


def _single(task: TaskRun, opened: frozenset[str], critical: frozenset[str]) -> Node:
    look, child = look_of(task.state), task.child_flow_run_id
    return Node(
        id=task.id,
        label=task.name,
        glyph=look.glyph,
        role=look.role,
        run_id=task.flow_run_id or "",
        members=(task.id,),
        opens=child is not None,
        open=child is not None and task.id in opened,
        child=child,
        critical=task.id in critical,
    )


def _group(
    group: str, calls: Sequence[TaskRun], run_id: str, critical: frozenset[str], *, open_: bool, rest: int
) -> Node:
    worst = min((task.state for task in calls), key=lambda state: _RANKS.index(state.type))
    done = sum(task.state.is_final() for task in calls)
    word = task_word(calls[0].task_key)
    label = f"{word} ×{count(rest)}" if rest else word
    if rest and done < len(calls):
        label = f"{word} {count(done)}/{count(len(calls))}"
    look = look_of(worst)
    return Node(
        id=group,
        label=label,
        glyph=look.glyph,
        role=look.role,
        run_id=run_id,
        members=tuple(task.id for task in calls),
        opens=True,
        open=open_,
        critical=any(task.id in critical for task in calls),
    )


def _edges_of(branch: Branch, node_of: Mapping[str, str]) -> list[tuple[str, str]]:
    """The edges between nodes, each once, none from a node to itself. Between two groups that depend on each other by
    turns the direction counts in which there are more."""
    found = Counter(
        (source, target)
        for task in branch.tasks.tasks
        for upstream in upstream_of(task)
        if (source := node_of.get(upstream)) is not None and (target := node_of[task.id]) != source
    )
    return [edge for edge, times in found.items() if _is_chief(edge, times, found)]


def _is_chief(edge: tuple[str, str], times: int, found: Mapping[tuple[str, str], int]) -> bool:
    back = found.get((edge[1], edge[0]), 0)
    return times > back or (times == back and edge[0] < edge[1]) or back == 0
