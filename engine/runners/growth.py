"""How many threads a pool without a limit should have. Pure.

A thread for each waiting task would be simple, and would cost 100 µs and 8 kB for each of ten thousand tasks that take
no time. Tasks that sleep or wait for a network need a thread each, though, and soon. So a pool begins with a few, and
doubles them as long as tasks wait while the threads do nothing for the processor, or begin nothing at all.
"""

import os
from dataclasses import dataclass
from typing import Final

__all__ = ["LOOK_SECONDS", "Look", "at_once", "more_threads"]

LOOK_SECONDS: Final = 0.005
"""How often a pool with waiting tasks looks whether it should grow."""
_IDLE_SHARE: Final = 0.7
_STALLED_LOOKS: Final = 2


@dataclass(frozen=True, slots=True)
class Look:
    """What a pool sees when it looks at itself."""

    waiting: int
    """Tasks that no thread has taken."""
    threads: int
    busy_share: float
    """Processor seconds that the process used since the last look, for each second."""
    stalled: int
    """How many looks in a row no task has begun."""


def at_once() -> int:
    """Threads that are made without a second thought."""
    return min(32, (os.cpu_count() or 1) + 4)


def more_threads(look: Look, most: int | None) -> int:
    """How many threads to add now; `most` is the limit of all of them, if there is one."""
    if look.waiting == 0 or (look.stalled < _STALLED_LOOKS and look.busy_share > _IDLE_SHARE):
        return 0
    room = look.waiting if most is None else min(look.waiting, most - look.threads)
    return max(min(room, look.threads), 0)
