"""Where the lines of a log come from: one flow run's log in the store, through the client."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from flowtui.engine.client.protocol import Client
from flowtui.engine.log_tests import LogMarks, LogTally, LogTest
from flowtui.engine.model import LogLine, LogPage

__all__ = ["Call", "LogSource", "RunLog"]

Call = Callable[..., Awaitable[Any]]
"""Calls a verb of the client in a thread: `FlowtuiApp.call`."""


class LogSource(Protocol):
    """A log of numbered lines that only grows at its end."""

    async def read(self, start: int, limit: int) -> LogPage:
        """Lines from `start` on; a negative start counts from the end."""
        ...

    async def pick(self, numbers: Sequence[int]) -> Sequence[LogLine]:
        """The lines of these numbers, which grow."""
        ...

    async def mark(self, tests: Sequence[LogTest], start: int, limit: int) -> LogMarks:
        """Which of the lines from `start` on pass each test."""
        ...

    async def tally(self, start: int, limit: int, step: float) -> LogTally:
        """How many lines were written in each `step` seconds."""
        ...


class RunLog:
    """The log of one flow run."""

    def __init__(self, call: Call, client: Callable[[], Client], run_id: str) -> None:
        self._call, self._client, self.run_id = call, client, run_id

    async def read(self, start: int, limit: int) -> LogPage:
        page: LogPage = await self._call(self._client().read_logs, self.run_id, start=start, limit=limit)
        return page

    async def pick(self, numbers: Sequence[int]) -> Sequence[LogLine]:
        lines: Sequence[LogLine] = await self._call(self._client().pick_logs, self.run_id, list(numbers))
        return lines

    async def mark(self, tests: Sequence[LogTest], start: int, limit: int) -> LogMarks:
        marks: LogMarks = await self._call(self._client().mark_logs, self.run_id, tests, start=start, limit=limit)
        return marks

    async def tally(self, start: int, limit: int, step: float) -> LogTally:
        tally: LogTally = await self._call(
            self._client().tally_logs, self.run_id, start=start, limit=limit, step_seconds=step
        )
        return tally
