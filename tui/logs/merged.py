"""The logs of several runs as one, by time. A line keeps its number: what comes in later is put behind.

Lines of machines whose clocks differ are put in order by the store's clock, and show its time.
"""

import asyncio
from array import array
from collections.abc import Callable, Sequence
from typing import Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import from_micros
from flowtui.engine.log_tests import LogMarks, LogTally, LogTest, Moment
from flowtui.engine.model import LogLine, LogPage
from flowtui.tui.logs.skew import shifted, worst
from flowtui.tui.logs.source import Call, RunLog

__all__ = ["MergedLog"]

_AT_ONCE: Final = 50_000


class MergedLog:
    """One log of many. It knows of each line only whose it is, its number there, and when it was written."""

    def __init__(
        self, call: Call, client: Callable[[], Client], run_ids: Sequence[str], *, by_store: bool = True
    ) -> None:
        self._call, self._client, self._by_store = call, client, by_store
        self.skews: dict[str, int] = {}
        """By how many microseconds lines of which runs are off, at most; only those that are. Corrected or not."""
        self._logs = [RunLog(call, client, run_id) for run_id in run_ids]
        self._growing = asyncio.Lock()
        self._totals = [0] * len(self._logs)
        self._whose: array[int] = array("H")
        self._numbers: array[int] = array("L")
        self._stamps: array[int] = array("q")

    async def _grow(self) -> int:
        """Take in what the logs have by now; answers how many lines that is."""
        async with self._growing:  # two at once would both take in the same lines
            return await self._take_in()

    async def _take_in(self) -> int:
        fresh: list[tuple[int, int, int]] = []
        for whose, log in enumerate(self._logs):
            while True:
                start = self._totals[whose]
                stamps = await self._call(self._client().log_stamps, log.run_id, start=start, limit=_AT_ONCE)
                if stamps:
                    stamps = await self._by_stores_clock(log.run_id, start, stamps)
                fresh.extend((stamp, whose, start + at) for at, stamp in enumerate(stamps))
                self._totals[whose] += len(stamps)
                if len(stamps) < _AT_ONCE:
                    break
        fresh.sort()
        self._stamps.extend(stamp for stamp, _, _ in fresh)
        self._whose.extend(whose for _, whose, _ in fresh)
        self._numbers.extend(number for _, _, number in fresh)
        return len(self._stamps)

    async def _by_stores_clock(self, run_id: str, start: int, stamps: Sequence[int]) -> Sequence[int]:
        clocks = await self._call(self._client().log_clocks, run_id, start=start)
        skew = worst(clocks, self.skews.get(run_id, 0))
        if skew:
            self.skews[run_id] = skew
        return shifted(stamps, clocks) if self._by_store and skew else stamps

    async def read(self, start: int, limit: int) -> LogPage:
        total = await self._grow()
        start = max(total + start, 0) if start < 0 else min(start, total)
        lines = await self.pick(range(start, min(start + limit, total)))
        return LogPage(start=start, lines=tuple(lines), total=total)

    async def pick(self, numbers: Sequence[int]) -> Sequence[LogLine]:
        found: dict[tuple[int, int], LogLine] = {}
        for whose, log in enumerate(self._logs):
            theirs = sorted(self._numbers[number] for number in numbers if self._whose[number] == whose)
            if theirs:
                lines = await log.pick(theirs)
                found.update({(whose, number): line for number, line in zip(theirs, lines, strict=False)})
        places = ((number, (self._whose[number], self._numbers[number])) for number in numbers)
        picked = [(number, found[place]) for number, place in places if place in found]
        if not self._by_store or not self.skews:
            return [line for _, line in picked]
        return [line._replace(timestamp=from_micros(self._stamps[number])) for number, line in picked]

    async def mark(self, tests: Sequence[LogTest], start: int, limit: int) -> LogMarks:
        stop = min(start + limit, len(self._stamps))
        whose, numbers = self._whose[start:stop], self._numbers[start:stop]
        masks = [bytearray(len(whose)) for _ in tests]
        slow: set[int] = set()
        for source, log in enumerate(self._logs):
            theirs = [at for at, owner in enumerate(whose) if owner == source]
            if not theirs:
                continue
            first = min(numbers[at] for at in theirs)
            last = max(numbers[at] for at in theirs)
            found = await log.mark(tests, first, last - first + 1)
            slow.update(found.slow)
            for mask, part in zip(masks, found.masks, strict=True):
                for at in theirs:
                    mask[at] = part[numbers[at] - first] if numbers[at] - first < len(part) else 0
        return LogMarks(start=start, masks=tuple(map(bytes, masks)), total=len(self._stamps), slow=tuple(slow))

    async def tally(self, start: int, limit: int, step: float) -> LogTally:
        marks = await self.mark((LogTest(level=30), LogTest(level=40)), start, limit)
        size, moments = max(round(step * 1_000_000), 1), dict[int, Moment]()
        warnings, errors = marks.masks
        for at, stamp in enumerate(self._stamps[start : marks.stop]):
            moment = moments.get(stamp // size)
            if moment is None:
                moment = moments[stamp // size] = Moment(first=start + at)
            moment.lines += 1
            moment.errors += errors[at]
            moment.warnings += warnings[at] - errors[at]
        return LogTally(start=start, stop=marks.stop, total=len(self._stamps), moments=moments)
