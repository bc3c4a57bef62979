"""What a task runner is."""

from collections.abc import Callable
from typing import Protocol

__all__ = ["TaskRunner"]


class TaskRunner(Protocol):
    """Runs submitted tasks. A flow run starts one when it begins and closes it when it ends."""

    def duplicate(self) -> "TaskRunner":
        """A fresh one with the same settings: each flow run has its own."""
        ...

    def submit(self, work: Callable[[], None]) -> None:
        """Run `work` soon, elsewhere. It never raises: it has recorded whatever happened."""
        ...

    def close(self) -> None:
        """Let go of what is idle. Work that is running goes on."""
        ...

    def interrupt(self, error: type[BaseException]) -> None:
        """Call at once what has not started, which by now only records that, and have what is running raise `error`
        where that is possible."""
        ...
