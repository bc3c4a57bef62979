"""Whether the store's clock can be believed when it says that a lease is over."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

__all__ = ["SLACK", "ClockWatch", "Reading"]

SLACK: Final = 2.0
"""Seconds by which a clock may drift, or a question be slow, between two looks, and is still believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one look at the store's clock brought."""

    moment: datetime | None
    """The time; None while leases that seem to be over may belong to processes that have not renewed them since."""
    went_back: timedelta | None = None
    """By how much the clock was set back since the last look."""


class ClockWatch:
    """Compares the store's clock with one that nobody sets. After a step, and at first, leases are given `patience`.

    A machine that slept looks the same as a clock that was set forward, and is treated alike: all that was alive before
    has time to say so again.
    """

    def __init__(self, patience: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._monotonic = monotonic
        self._difference: float | None = None
        self._believe_from = 0.0

    def look(self, ask: Callable[[], datetime]) -> Reading:
        """`ask` answers with the store's time."""
        moment, steady = ask(), self._monotonic()
        before, self._difference = self._difference, moment.timestamp() - steady
        if before is None:
            self._believe_from = steady + self._patience
        step = 0.0 if before is None else self._difference - before
        if abs(step) > SLACK:
            self._believe_from = steady + self._patience
        return Reading(
            moment=moment if steady >= self._believe_from else None,
            went_back=timedelta(seconds=-step) if step < -SLACK else None,
        )
