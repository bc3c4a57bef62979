"""When runs would begin, given what they take and how many may go on at once: the order in which workers are handed
runs, played forward. Pure.

A run begins as soon as each of its lanes has a free slot. Whenever something changes, all that wait are looked at:
the most urgent queue first, in it the oldest first, and each that fits begins; what does not fit holds nobody else up.
"""

import heapq
import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic, TypeVar

__all__ = ["Held", "Job", "peaks", "simulate"]

L = TypeVar("L")
_LEAST: Final = 0.001
"""Seconds; no run takes less."""


@dataclass(frozen=True, slots=True)
class Job(Generic[L]):
    """A run to come, in seconds."""

    due: float
    seconds: float
    lanes: tuple[L, ...]
    priority: int = 0
    """The lower, the more urgent."""


@dataclass(frozen=True, slots=True)
class Held(Generic[L]):
    """Slots of a lane that are taken from `start` to `end`, whoever waits."""

    lane: L
    start: float
    end: float
    slots: int


def simulate(jobs: Sequence[Job[L]], limits: Mapping[L, int], held: Iterable[Held[L]] = ()) -> list[float]:
    """When each job begins; infinity for one that never does. Lanes without a limit hold nobody up."""
    return _Play(jobs, limits, held).run()


class _Play(Generic[L]):
    def __init__(self, jobs: Sequence[Job[L]], limits: Mapping[L, int], held: Iterable[Held[L]]) -> None:
        self._jobs, self._starts = jobs, [math.inf] * len(jobs)
        self._free = dict(limits)
        order = sorted(range(len(jobs)), key=lambda number: (jobs[number].due, number))
        self._coming = deque(order)
        self._groups: dict[tuple[int, tuple[L, ...]], deque[int]] = {}
        """Those that wait, by what they wait for: within a group the first one blocks the others."""
        self._changes: list[tuple[float, int, tuple[L, ...], int]] = []
        """When, an ordinal, in which lanes, how many slots come free (or are taken, below zero)."""
        self._count = 0
        for one in held:
            if one.lane in self._free and one.end > one.start:
                self._later(one.start, (one.lane,), -one.slots)
                self._later(one.end, (one.lane,), one.slots)

    def _later(self, at: float, lanes: tuple[L, ...], slots: int) -> None:
        self._count += 1
        heapq.heappush(self._changes, (at, self._count, lanes, slots))

    def run(self) -> list[float]:
        while self._coming or (self._groups and self._changes):
            now = min(
                self._jobs[self._coming[0]].due if self._coming else math.inf,
                self._changes[0][0] if self._changes else math.inf,
            )
            self._move_to(now)
            self._begin(now)
        return self._starts

    def _move_to(self, now: float) -> None:
        while self._changes and self._changes[0][0] <= now:
            _, _, lanes, slots = heapq.heappop(self._changes)
            for lane in lanes:
                self._free[lane] += slots
        while self._coming and self._jobs[self._coming[0]].due <= now:
            number = self._coming.popleft()
            job = self._jobs[number]
            lanes = tuple(lane for lane in job.lanes if lane in self._free)
            self._groups.setdefault((job.priority, lanes), deque()).append(number)

    def _begin(self, now: float) -> None:
        heads = [(key[0], self._jobs[line[0]].due, line[0], key) for key, line in self._groups.items()]
        heapq.heapify(heads)
        while heads:
            _, _, number, key = heapq.heappop(heads)
            lanes = key[1]
            if any(self._free[lane] < 1 for lane in lanes):
                continue
            self._starts[number] = now
            for lane in lanes:
                self._free[lane] -= 1
            self._later(now + max(self._jobs[number].seconds, _LEAST), lanes, 1)
            line = self._groups[key]
            line.popleft()
            if line:
                heapq.heappush(heads, (key[0], self._jobs[line[0]].due, line[0], key))
            else:
                del self._groups[key]


def peaks(intervals: Iterable[tuple[float, float, int]], edges: Sequence[float]) -> list[int]:
    """How many of the intervals (start, end, weight) go on at once, at the most, in each span between two edges."""
    steps = sorted(step for start, end, weight in intervals for step in ((start, 1, weight), (end, 0, -weight)))
    found: list[int] = []
    level, at = 0, 0
    for start, end in pairwise(edges):
        while at < len(steps) and steps[at][0] <= start:
            level += steps[at][2]
            at += 1
        highest = level
        while at < len(steps) and steps[at][0] < end:
            level += steps[at][2]
            highest = max(highest, level)
            at += 1
        found.append(highest)
    return found
