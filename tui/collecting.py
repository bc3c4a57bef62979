"""When Python looks for garbage: while nobody waits, and seldom otherwise.

A full collection walks over all that there is, for 20 to 80 ms in which no key is answered, and Python begins one
whenever so much was made as for opening a few screens. Most of it is there to stay.
"""

import gc
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Collecting"]

_THRESHOLDS: Final = (2_000, 10, 50)
"""A million objects more, and Python does it whoever waits; among the youngest it looks often, which takes 4 ms."""
_DUE: Final = 5
"""Collections of the second generation, 20,000 objects each, after which a full one is worth its time."""
_QUIET: Final = 1.0
"""Seconds without a key after which nobody waits."""


class Collecting:
    """Python's collector in a process that is the workstation's own. Until `take_over` it is left alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._pressed, self._mine = clock, clock(), False

    def take_over(self) -> None:
        """What is there by now stays, and need not be walked over any more."""
        self._mine = True
        gc.freeze()
        gc.set_threshold(*_THRESHOLDS)
        gc.enable()

    def pressed(self) -> None:
        """Somebody has pressed a key."""
        self._pressed = self._clock()

    def look(self) -> None:
        """Collect if it is due and nobody waits. Call it every few seconds."""
        if self._mine and gc.get_count()[2] >= _DUE and self._clock() - self._pressed >= _QUIET:
            gc.collect()
