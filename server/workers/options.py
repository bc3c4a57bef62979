"""How a worker is set up."""

import os
from dataclasses import dataclass, field

__all__ = ["WorkerOptions"]


def _default_slots() -> int:
    """Flow runs mostly wait for something else, so several share a processor; but a laptop must stay usable."""
    return max(8, 4 * (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What a person may decide about a worker."""

    pool: str = "local"
    """The work pool whose runs it takes."""
    slots: int = field(default_factory=_default_slots)
    """How many flow runs it carries out at once. Default: four for each processor, at least eight."""
    cancel_grace: float = 10.0
    """Seconds that the processes of a cancelled run have between SIGTERM and SIGKILL."""
    stop_grace: float = 10.0
    """The same for the runs in hand when the backend is stopped."""
