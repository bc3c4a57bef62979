"""The lists of several servers as one: what was read of each, down to where nothing can be missing. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from flowtui.engine.listing import NEWEST, RunSort
from flowtui.engine.model import FlowRun
from flowtui.tui.run_list import RunList
from flowtui.tui.servers.ordering import SERVER, key_of

__all__ = ["MOST", "Merged", "Part", "Row", "merge"]

MOST: Final = 1_800
"""So many runs of each server are read. Where one has more, the list ends: its own screens show them all."""
_GAPS: Final = 200
"""Rows that stand for what has not been read yet."""
_IN_HAND: Final = 30
"""A server with fewer rows than that below the end of the list is read further: it would soon hold up the others."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_Entry: TypeAlias = tuple[Any, str, str, FlowRun]
"""What is compared of a run, its id, its server, and the run."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was read of one server's list, in the order of the whole. One that does not answer is not waited for."""

    server: str
    runs: RunList
    answers: bool = True

    @property
    def edge(self) -> FlowRun | None:
        """The run after which its list goes on in a way that is not known yet; None when all of it is."""
        if self.runs.after is None or not self.runs.runs or not (self.answers or self.is_full):
            return None
        return self.runs.runs[-1]

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
    """Rows in the order that was asked for; no server has another run between two of them, except by server, where more
    of each may follow its own. `gaps` are rows that stand for more; `behind` are the servers to read further for them.
    `is_cut`: there is more, and it is not read."""

    rows: tuple[Row, ...] = ()
    gaps: int = 0
    behind: frozenset[str] = frozenset()
    is_cut: bool = False


def merge(parts: Iterable[Part], sort: RunSort = NEWEST, now: datetime = _NEVER) -> Merged:
    """One list of several, each of which is in this order. It ends where the first server ends that has more to tell.
    `now` is how late it is for what still runs."""
    parts = list(parts)
    if sort.name == SERVER:
        return _by_server(parts, falling=sort.descending)
    key, falling = key_of(sort, now), sort.descending
    everything = sorted(
        ((*key(run), part.server, run) for part in parts for run in part.runs.runs),
        key=lambda entry: entry[:3],
        reverse=falling,
    )
    edges = {part.server: key(part.edge) if part.edge is not None else None for part in parts}
    known = [edge for edge in edges.values() if edge is not None]
    horizon = (max(known) if falling else min(known)) if known else None
    certain = len(everything) if horizon is None else _as_far_as(everything, horizon, falling=falling)
    rows = tuple(Row(server, run) for _, _, server, run in everything[:certain])
    full = {part.server for part in parts if part.is_full}
    if horizon is None or any(edges[server] == horizon for server in full):
        return Merged(rows, is_cut=horizon is not None)
    rest = everything[certain:]
    left = {server: sum(1 for entry in rest if entry[2] == server) for server in edges}
    behind = {server for server, edge in edges.items() if edge is not None and left[server] < _IN_HAND}
    unread = len(rest) + sum(part.runs.below for part in parts if edges[part.server] is not None)
    return Merged(rows, min(max(unread, 1), _GAPS), frozenset(behind - full))


def _by_server(parts: Sequence[Part], *, falling: bool) -> Merged:
    """What was read of each, one server after the other."""
    ordered = sorted(parts, key=lambda part: part.server, reverse=falling)
    rows = tuple(Row(part.server, run) for part in ordered for run in part.runs.runs)
    more = [part for part in parts if part.edge is not None and not part.is_full]
    gaps = min(max(sum(part.runs.below for part in more), 1), _GAPS) if more else 0
    cut = any(part.is_full for part in parts)
    return Merged(rows, gaps, frozenset(part.server for part in more), is_cut=cut)


def _as_far_as(entries: Sequence[_Entry], horizon: tuple[Any, str], *, falling: bool) -> int:
    """How many stand at the horizon or before it."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        key = entries[middle][:2]
        if key >= horizon if falling else key <= horizon:
            low = middle + 1
        else:
            high = middle
    return low
