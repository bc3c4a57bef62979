"""What is done once a second, in one turn of the event loop.

A timer of Textual's is a task that sleeps: to end the sleep takes a turn, and to go on another, and a process that
rests has to be woken for each.
"""

import asyncio
from collections.abc import Callable
from typing import Final

__all__ = ["Beat"]

_SECOND: Final = 1.0


class Beat:
    """Calls `act` each second while it is on; where that is late by more, what was missed is left out. What `act`
    raises goes to `failed`. Like a timer of Textual's, it acts in the context in which it was turned on."""

    def __init__(self, act: Callable[[], object], failed: Callable[[Exception], object]) -> None:
        self._act, self._failed = act, failed
        self._next: asyncio.TimerHandle | None = None

    def resume(self) -> None:
        """Turn it on; a second later it acts first."""
        if self._next is None:
            loop = asyncio.get_running_loop()
            self._next = loop.call_at(loop.time() + _SECOND, self._strike)

    def pause(self) -> None:
        """Turn it off."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _strike(self) -> None:
        assert self._next is not None
        loop = asyncio.get_running_loop()
        due, now = self._next.when() + _SECOND, loop.time()
        self._next = loop.call_at(due if due > now else now + _SECOND, self._strike)
        try:
            self._act()
        except Exception as error:
            self._failed(error)
