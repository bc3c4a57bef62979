"""How far the store's clock is ahead of this machine's: asked now and then, with how wrong the answer may be.

The store's clock is read between two readings of the own one: it was read somewhere in between, so half of that time is
the most by which the difference is wrong. A quick answer is believed for long, a slow one until there is a better.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flowtui.engine.clock import now_micros

__all__ = ["ClockMeter", "Sample", "better"]

_EVERY_SECONDS: Final = 30.0
_DRIFT: Final = 200
"""Microseconds that clocks may part in a second: a bad quartz."""


@dataclass(frozen=True, slots=True)
class Sample:
    """By how many microseconds the store's clock is ahead, and by how many that may be wrong, at a monotonic time."""

    ahead: int
    error: int
    at: float


def better(known: Sample | None, new: Sample) -> Sample:
    """Which of two to believe: the surer one, unless they contradict each other. Then a clock was set meanwhile."""
    if known is None:
        return new
    error = known.error + _DRIFT * max(new.at - known.at, 0.0)
    if new.error <= error or abs(new.ahead - known.ahead) > error + new.error:
        return new
    return known


class ClockMeter:
    """Keeps the best sample of one process. Asked by the thread that writes."""

    def __init__(self, own: Callable[[], int] = now_micros, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._own, self._monotonic = own, monotonic
        self._best: Sample | None = None
        self._asked = float("-inf")

    def ahead(self, stores: Callable[[], int]) -> int:
        """Microseconds; `stores` reads the store's clock."""
        at = self._monotonic()
        if self._best is None or at - self._asked > _EVERY_SECONDS:
            before = self._own()
            there = stores()
            after = self._own()
            self._asked = at
            self._best = better(self._best, Sample(there - (before + after) // 2, max(after - before, 0) // 2 + 1, at))
        return self._best.ahead
