"""A log in memory, behind the same seam as one in the store."""

import asyncio
from collections.abc import Sequence

from flowtui.engine.errors import FlowtuiError
from flowtui.engine.log_patterns import TakesTooLong
from flowtui.engine.log_tests import LogMarks, LogTally, LogTest, mark_lines, may_take_long
from flowtui.engine.model import LogLine, LogPage
from flowtui.tui.logs.histogram import Histogram

__all__ = ["MemoryLog"]


class MemoryLog:
    """Answers from a list of lines, and says what was asked of it. `trouble` is raised instead, while it is set."""

    def __init__(self, lines: list[LogLine]) -> None:
        self.lines = lines
        self.read_ranges: list[tuple[int, int]] = []
        self.picked = 0
        self.trouble: FlowtuiError | None = None

    async def read(self, start: int, limit: int) -> LogPage:
        await self._answer()
        self.read_ranges.append((start, limit))
        total = len(self.lines)
        start = max(total + start, 0) if start < 0 else min(start, total)
        return LogPage(start=start, lines=tuple(self.lines[start : start + limit]), total=total)

    async def pick(self, numbers: Sequence[int]) -> Sequence[LogLine]:
        await self._answer()
        self.picked += len(numbers)
        return [self.lines[number] for number in numbers]

    async def mark(self, tests: Sequence[LogTest], start: int, limit: int) -> LogMarks:
        await self._answer()
        part = self.lines[start : start + limit]
        masks, slow = [], []
        for number, test in enumerate(tests):
            try:
                patient = may_take_long(test, part)
                masks.append(await asyncio.to_thread(mark_lines, test, part) if patient else mark_lines(test, part))
            except TakesTooLong:
                masks.append(bytes(len(part)))
                slow.append(number)
        return LogMarks(start=start, masks=tuple(masks), total=len(self.lines), slow=tuple(slow))

    async def tally(self, start: int, limit: int, step: float) -> LogTally:
        await self._answer()
        counting = Histogram()
        counting.step, counting.done = round(step * 1_000_000), start
        part = self.lines[start : start + limit]
        counting.add_lines(start, part)
        loggers = {name: sum(line.logger == name for line in part) for name in {line.logger for line in part}}
        return LogTally(
            start=start, stop=start + len(part), total=len(self.lines), moments=counting._moments, loggers=loggers
        )

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
