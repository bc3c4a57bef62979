"""Looking through a whole log for all that is asked of it, a part at a time, first at what somebody waits for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from flowtui.engine.log_tests import LogTest
from flowtui.engine.model import LogLine
from flowtui.tui.logs.marks import Marks
from flowtui.tui.logs.source import LogSource

__all__ = ["Goal", "Scanner"]

_PART: Final = 40_000
"""Lines of one look: about 60 ms, after which what is wanted first may have changed."""


@dataclass(frozen=True, slots=True)
class Goal:
    """The next (1) or last (-1) hit from a line on is wanted."""

    marks: Marks
    line: int
    direction: int

    @property
    def is_known(self) -> bool:
        """Whether nothing has to be looked at to know it."""
        return self.marks.unsure(self.line, self.direction, 1) is None


class Scanner:
    """Keeps the marks of a log, by what they are for: `find`, `errors`, the number of a filter."""

    def __init__(self) -> None:
        self._marks: dict[object, Marks] = {}
        self.total = 0

    def marks(self, what: object) -> Marks | None:
        """What is known for a purpose."""
        return self._marks.get(what)

    def ask(self, what: object, test: LogTest) -> Marks:
        """Have a test made on all lines; the same test again keeps what is known."""
        known = self._marks.get(what)
        if known is None or known.test != test:
            same = next((marks for marks in self._marks.values() if marks.test == test), None)
            known = self._marks[what] = same or Marks(test)
            known.grow(self.total)
        return known

    def forget(self, what: object) -> None:
        """Nobody asks that any more."""
        self._marks.pop(what, None)

    def kept(self, start: int, lines: Sequence[LogLine], total: int) -> None:
        """These lines were read for another reason: look at them while they are here."""
        self.total = max(self.total, total)
        for marks in self._marks.values():
            marks.grow(self.total)
            marks.look_at(start, lines)

    @property
    def is_complete(self) -> bool:
        """Whether everything that is asked is known."""
        return all(marks.is_complete for marks in self._marks.values())

    def clear(self) -> None:
        """Another log: nothing is known."""
        self._marks.clear()
        self.total = 0

    async def look(self, source: LogSource, near: int, goal: Goal | None) -> bool:
        """Look at one part that was not looked at, first at what the goal needs, else behind a line.

        Answers whether there was anything to look at. Raises what reading raises.
        """
        part = goal.marks.unsure(goal.line, goal.direction, _PART) if goal is not None else None
        part = part or next(iter(self._parts(near)), None)
        if part is None:
            return False
        start, limit = part
        wanted = list({id(marks): marks for marks in self._marks.values() if marks.lacks(start, limit)}.values())
        if goal is not None and all(goal.marks is not marks for marks in wanted):
            wanted.append(goal.marks)
        found = await source.mark([marks.test for marks in wanted], start, limit)
        for number, (marks, mask) in enumerate(zip(wanted, found.masks, strict=True)):
            if number in found.slow:
                marks.give_up()
            else:
                marks.take(start, mask)
        return found.stop > start  # else the log is shorter than it was said to be

    def _parts(self, near: int) -> Iterable[tuple[int, int]]:
        for marks in self._marks.values():
            part = marks.unknown(near, _PART)
            if part is not None:
                yield part
