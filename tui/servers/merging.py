"""The lists of several servers as one: what was read of each, down to where nothing can be missing. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flowtui.engine.model import FlowRun
from flowtui.tui.run_list import RunList

__all__ = ["MOST", "Merged", "Part", "Row", "merge"]

MOST: Final = 1_800
"""So many runs of each server are read. Where one has more, the list ends: its own screens show them all."""
_GAPS: Final = 200
"""Rows that stand for what has not been read yet."""
_IN_HAND: Final = 30
"""A server with fewer rows than that below the end of the list is read further: it would soon hold up the others."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was read of one server's list, newest first. One that does not answer is not waited for."""

    server: str
    runs: RunList
    answers: bool = True

    @property
    def edge(self) -> tuple[datetime, str] | None:
        """Where its list goes on in a way that is not known yet; None when all of it is."""
        if self.runs.after is None or not self.runs.runs or not (self.answers or self.is_full):
            return None
        return _order(self.runs.runs[-1])

    @property
    def is_full(self) -> bool:
        """Whether no more of it is read."""
        return self.runs.after is not None and len(self.runs.runs) >= MOST


@dataclass(frozen=True, slots=True)
class Row:
    """A run, and whose it is."""

    server: str
    run: FlowRun

    @property
    def id(self) -> str:
        """What no other row has: the same run may be in two stores, of which one is a copy."""
        return f"{self.server}/{self.run.id}"


@dataclass(frozen=True, slots=True)
class Merged:
    """Rows in the order of time, newest first; no server has another run between two of them. `gaps` are rows that
    stand for more; `behind` are the servers to read further for them. `is_cut`: there is more, and it is not read."""

    rows: tuple[Row, ...] = ()
    gaps: int = 0
    behind: frozenset[str] = frozenset()
    is_cut: bool = False


def merge(parts: Iterable[Part]) -> Merged:
    """One list of several. It ends where the first server ends that has more to tell."""
    parts = list(parts)
    everything = sorted(
        ((*_order(run), part.server, run) for part in parts for run in part.runs.runs),
        key=lambda entry: entry[:3],
        reverse=True,
    )
    edges = {part.server: part.edge for part in parts}
    horizon = max((edge for edge in edges.values() if edge is not None), default=None)
    certain = _above(everything, horizon)
    rows = tuple(Row(server, run) for _, _, server, run in everything[:certain])
    full = {part.server for part in parts if part.is_full}
    if horizon is None or any(edges[server] == horizon for server in full):
        return Merged(rows, is_cut=horizon is not None)
    rest = everything[certain:]
    left = {server: sum(1 for entry in rest if entry[2] == server) for server in edges}
    behind = {server for server, edge in edges.items() if edge is not None and left[server] < _IN_HAND}
    unread = len(rest) + sum(part.runs.below for part in parts if edges[part.server] is not None)
    return Merged(rows, min(max(unread, 1), _GAPS), frozenset(behind - full))


def _above(entries: Sequence[tuple[datetime, str, str, FlowRun]], horizon: tuple[datetime, str] | None) -> int:
    """How many stand at the horizon or before it."""
    if horizon is None:
        return len(entries)
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle][:2] >= horizon:
            low = middle + 1
        else:
            high = middle
    return low


def _order(run: FlowRun) -> tuple[datetime, str]:
    return (run.started_or_due, run.id)
