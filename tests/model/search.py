"""Visit every state that a protocol can reach, and say how it got to one that must not be."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Graph", "explore"]

S = TypeVar("S", bound=Hashable)
Steps = Callable[[S], Iterable[tuple[str, S]]]


@dataclass(slots=True)
class Graph(Generic[S]):
    """All states that were reached, each with the step by which it was reached first."""

    origins: dict[S, tuple[str, S] | None] = field(default_factory=dict)
    edges: dict[S, list[tuple[str, S]]] = field(default_factory=dict)
    bad: S | None = None
    """The first state that the invariant does not hold in; the search ended there."""
    why: str | None = None

    def trace(self, state: S) -> list[str]:
        """The shortest way to a state: names of steps, and what is wrong when it is the bad one."""
        steps: list[str] = []
        at = state
        while (origin := self.origins[at]) is not None:
            steps.append(origin[0])
            at = origin[1]
        steps.reverse()
        return steps + ([f"=> {self.why}"] if state == self.bad else [])

    def every_step(self) -> Iterator[tuple[S, str, S]]:
        for state, edges in self.edges.items():
            for name, after in edges:
                yield state, name, after

    def cannot_reach(self, goal: Callable[[S], bool], allowed: Callable[[str], bool]) -> Set[S]:
        """The states from which no path of allowed steps leads to a goal."""
        before: dict[S, list[S]] = {}
        for state, name, after in self.every_step():
            if allowed(name):
                before.setdefault(after, []).append(state)
        reached = {state for state in self.origins if goal(state)}
        waiting = list(reached)
        while waiting:
            for state in before.get(waiting.pop(), ()):
                if state not in reached:
                    reached.add(state)
                    waiting.append(state)
        return self.origins.keys() - reached


def explore(start: S, steps: Steps[S], wrong: Callable[[S], str | None]) -> Graph[S]:
    """Breadth first, so that the way to the first bad state is the shortest there is."""
    graph: Graph[S] = Graph()
    graph.origins[start] = None
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        graph.why = wrong(state)
        if graph.why is not None:
            graph.bad = state
            return graph
        graph.edges[state] = edges = list(steps(state))
        for name, after in edges:
            if after not in graph.origins:
                graph.origins[after] = (name, state)
                waiting.append(after)
    return graph
