"""Which lines of a log pass a test, as far as that is known: a byte a line, however long the log is. Pure."""

from collections.abc import Sequence

from flowtui.engine.log_tests import LogTest, mark_lines, may_take_long
from flowtui.engine.model import LogLine

__all__ = ["Marks"]

_UNKNOWN = 2
_HIT, _NOT_KNOWN = b"\1", b"\2"


class Marks:
    """The lines are looked at in any order. Counts, neighbours and places are found at the speed of memory."""

    def __init__(self, test: LogTest) -> None:
        self.test = test
        self._mask = bytearray()
        self._count = 0
        self._unknown = 0
        self._slow = False

    @property
    def mask(self) -> bytearray:
        """1 for a hit, 0 for none, 2 for what was not looked at."""
        return self._mask

    @property
    def count(self) -> int:
        """How many hits are known."""
        return self._count

    @property
    def is_complete(self) -> bool:
        """Whether all lines have been looked at."""
        return not self._unknown

    @property
    def is_slow(self) -> bool:
        """Whether the test takes too long: then nothing is a hit, and nothing is left to be looked at."""
        return self._slow

    def give_up(self) -> None:
        """The test takes too long."""
        self._slow, self._count, self._unknown = True, 0, 0
        self._mask = bytearray(len(self._mask))

    def grow(self, total: int) -> None:
        """The log has so many lines by now."""
        more = total - len(self._mask)
        if more > 0:
            self._mask += (b"\0" if self._slow else _NOT_KNOWN) * more
            self._unknown += 0 if self._slow else more

    def take(self, start: int, mask: bytes) -> None:
        """What the test says of the lines from `start` on."""
        self.grow(start + len(mask))
        if self._slow:
            return
        old = self._mask[start : start + len(mask)]
        self._count += mask.count(1) - old.count(1)
        self._unknown += mask.count(_UNKNOWN) - old.count(_UNKNOWN)
        self._mask[start : start + len(mask)] = mask

    def look_at(self, start: int, lines: Sequence[LogLine]) -> None:
        """Test these lines, unless they were looked at already, or that could take long."""
        self.grow(start + len(lines))
        if not may_take_long(self.test, lines) and self._mask.find(_NOT_KNOWN, start, start + len(lines)) >= 0:
            self.take(start, mark_lines(self.test, lines))

    def after(self, line: int) -> int | None:
        """The next hit after a line, from the start again behind the last."""
        at = self._mask.find(_HIT, line + 1)
        if at < 0:
            at = self._mask.find(_HIT)
        return at if at >= 0 else None

    def before(self, line: int) -> int | None:
        """The last hit before a line, from the end again before the first."""
        at = self._mask.rfind(_HIT, 0, max(line, 0))
        if at < 0:
            at = self._mask.rfind(_HIT)
        return at if at >= 0 else None

    def unsure(self, line: int, direction: int, limit: int) -> tuple[int, int] | None:
        """What has to be looked at to know the next hit after (1) or before (-1) a line: start and how many.

        None when it is known, also that there is none.
        """
        mask = self._mask
        if not self._unknown:
            return None
        if direction > 0:
            hit, gap = mask.find(_HIT, line + 1), mask.find(_NOT_KNOWN, line + 1)
            if hit >= 0 and (gap < 0 or hit < gap):
                return None
            if gap < 0:
                hit, gap = mask.find(_HIT), mask.find(_NOT_KNOWN)
            return None if 0 <= hit < gap else (gap, min(limit, len(mask) - gap))
        hit, gap = mask.rfind(_HIT, 0, max(line, 0)), mask.rfind(_NOT_KNOWN, 0, max(line, 0))
        if hit > gap:
            return None
        if gap < 0:
            hit, gap = mask.rfind(_HIT), mask.rfind(_NOT_KNOWN)
        if hit > gap:
            return None
        start = max(gap - limit + 1, 0)
        return (start, gap - start + 1)

    def unknown(self, near: int, limit: int) -> tuple[int, int] | None:
        """Something that was not looked at, behind a line if there is any: start and how many."""
        if not self._unknown:
            return None
        at = self._mask.find(_NOT_KNOWN, max(near, 0))
        if at < 0:
            at = self._mask.find(_NOT_KNOWN)
        return (at, min(limit, len(self._mask) - at))

    def lacks(self, start: int, count: int) -> bool:
        """Whether some of these lines were not looked at."""
        return self._mask.find(_NOT_KNOWN, start, start + count) >= 0

    def position(self, line: int) -> int | None:
        """Which hit this line is, from 1; None when it is none."""
        if not 0 <= line < len(self._mask) or self._mask[line] != 1:
            return None
        return self._mask.count(1, 0, line + 1)

    def any_between(self, start: int, stop: int) -> bool:
        """Whether there is a hit among the lines `start` … `stop - 1`."""
        return self._mask.find(_HIT, start, stop) >= 0

    def within(self, shown: bytes) -> "Marks":
        """The same, of the lines that are shown only: a 1 for each in `shown`."""
        if self._slow:
            return self
        found = Marks(self.test)
        keep = int.from_bytes(shown, "little")
        mask = int.from_bytes(self._mask, "little") & (keep | keep << 1)
        found.take(0, mask.to_bytes(len(self._mask), "little"))
        return found
