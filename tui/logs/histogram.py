"""How many lines, warnings and errors a log has along time, in as many columns as fit. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flowtui.engine.clock import to_micros
from flowtui.engine.log_tests import LogTally, Moment
from flowtui.engine.model import LogLine

__all__ = ["Column", "Histogram"]

_FINEST = 1000
"""Microseconds of the first step: what is finer happens at once for a person."""
_MOST = 4000
"""Steps that are kept; when there are more, two become one."""


@dataclass(slots=True)
class Column:
    """What was written in one column's time; `first` is the number of its first line, -1 when there is none."""

    lines: int = 0
    warnings: int = 0
    errors: int = 0
    first: int = -1


class Histogram:
    """Counts the lines from the first on, each once."""

    def __init__(self) -> None:
        self.step = _FINEST
        """Microseconds of a step."""
        self.done = 0
        """Lines that were counted."""
        self._moments: dict[int, Moment] = {}

    @property
    def step_seconds(self) -> float:
        """The length of a step."""
        return self.step / 1_000_000

    @property
    def lines(self) -> int:
        """Lines in it."""
        return sum(moment.lines for moment in self._moments.values())

    def add(self, tally: LogTally, step: int) -> None:
        """Count what a tally of the lines from `done` on has counted, in steps of `step` microseconds."""
        if tally.start == self.done and tally.stop > tally.start:
            self._merge(tally.moments, step)
            self.done = tally.stop

    def add_lines(self, start: int, lines: Sequence[LogLine]) -> None:
        """Count these lines, as far as they follow on those before."""
        if not start <= self.done < start + len(lines):
            return
        fresh: dict[int, Moment] = {}
        for number, line in enumerate(lines[self.done - start :], self.done):
            at = to_micros(line.timestamp) // self.step
            moment = fresh.get(at)
            if moment is None:
                moment = fresh[at] = Moment(first=number)
            moment.lines += 1
            moment.errors += line.level >= 40
            moment.warnings += 30 <= line.level < 40
        self._merge(fresh, self.step)
        self.done = start + len(lines)

    def _merge(self, moments: Mapping[int, Moment], step: int) -> None:
        for at, moment in moments.items():
            self._put(at * step // self.step, moment)
        while self._moments and max(self._moments) - min(self._moments) > _MOST:
            old, self._moments = self._moments, {}
            self.step *= 2
            for at, moment in old.items():
                self._put(at // 2, moment)

    def _put(self, at: int, moment: Moment) -> None:
        known = self._moments.get(at)
        if known is None:
            self._moments[at] = Moment(moment.lines, moment.warnings, moment.errors, moment.first)
        else:
            known.lines += moment.lines
            known.warnings += moment.warnings
            known.errors += moment.errors
            known.first = min(known.first, moment.first)

    def columns(self, width: int) -> list[Column]:
        """The whole time of the log in `width` columns."""
        columns = [Column() for _ in range(width)]
        if not self._moments:
            return columns
        begin, span = min(self._moments), max(self._moments) - min(self._moments) + 1
        for at, moment in self._moments.items():
            column = columns[(at - begin) * width // span]
            column.lines += moment.lines
            column.warnings += moment.warnings
            column.errors += moment.errors
            column.first = moment.first if column.first < 0 else min(column.first, moment.first)
        return columns

    def column_of(self, line: LogLine, width: int) -> int | None:
        """In which column a line is; None while nothing is counted."""
        if not self._moments:
            return None
        first, last = min(self._moments), max(self._moments)
        at = min(max(to_micros(line.timestamp) // self.step, first), last)
        return (at - first) * width // (last - first + 1)
