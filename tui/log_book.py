"""The lines of one log, as far as they are known: which are loaded, and on which screen row each begins. Pure.

A log may hold millions of lines, and one line may take several rows on the screen (a traceback). The heights of pages
that were never read are guessed as one row a line; when a page turns out taller, rows below it move, and the view
holds its own text still by asking again where its top line stands.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from flowtui.engine.model import LogLine

__all__ = ["PAGE", "LogBook", "Place"]

PAGE = 250
"""Lines that are loaded and dropped together."""
_KEEP = 200
"""Pages that are kept: 50,000 lines, about 30 MB."""
Place = tuple[int, int]
"""A line's number, and the row within that line."""


class _Page:
    """Loaded lines of one page, and the row at which each begins within the page."""

    __slots__ = ("lines", "starts")

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.starts: list[int] = [0]

    def extend(self, lines: Iterable[LogLine], height: Callable[[LogLine], int]) -> None:
        for line in lines:
            self.lines.append(line)
            self.starts.append(self.starts[-1] + height(line))

    def measure(self, height: Callable[[LogLine], int]) -> None:
        self.starts = [0, *accumulate(height(line) for line in self.lines)]


class LogBook:
    """Lines by number, rows by line. `height` says how many rows a line takes."""

    def __init__(self, height: Callable[[LogLine], int]) -> None:
        self._height = height
        self.total = 0
        """Lines that the log has, loaded or not."""
        self._pages: OrderedDict[int, _Page] = OrderedDict()
        self._extra: dict[int, int] = {}
        self._extra_pages: list[int] = []
        self._extra_sums: list[int] = [0]

    # -- filling ----------------------------------------------------------------------------------------------------

    def take(self, start: int, lines: Sequence[LogLine], total: int) -> None:
        """Keep lines `start`, `start + 1`, …; the log has `total` by now."""
        self.total = max(total, start + len(lines), self.total)
        at = 0
        while at < len(lines):
            number, offset = divmod(start + at, PAGE)
            part = lines[at : at + PAGE - offset]
            self._fill(number, offset, part)
            at += len(part)
        self._drop()

    def _fill(self, number: int, offset: int, lines: Sequence[LogLine]) -> None:
        page = self._pages.get(number)
        if page is None:
            if offset:
                return  # the beginning of the page is not known: it is read whole when it comes into sight
            page = self._pages[number] = _Page()
        have = len(page.lines)
        if have >= offset:
            page.extend(lines[have - offset :], self._height)
            self._pages.move_to_end(number)
            self._note(number, page.starts[-1] - len(page.lines))

    def _note(self, number: int, extra: int) -> None:
        """Remember how many rows a page takes beyond one a line."""
        if self._extra.get(number, 0) == extra:
            return
        known = number in self._extra
        self._extra[number] = extra
        if not known:
            self._extra_pages = sorted(self._extra)
        self._extra_sums = [0, *accumulate(self._extra[page] for page in self._extra_pages)]

    def _drop(self) -> None:
        while len(self._pages) > _KEEP:
            self._pages.popitem(last=False)

    def measure_again(self, height: Callable[[LogLine], int]) -> None:
        """Lines take other heights from now on: another width, or wrapping."""
        self._height = height
        self._extra, self._extra_pages, self._extra_sums = {}, [], [0]
        for number, page in self._pages.items():
            page.measure(height)
            extra = page.starts[-1] - len(page.lines)
            if extra:
                self._extra[number] = extra
        self._extra_pages = sorted(self._extra)
        self._extra_sums = [0, *accumulate(self._extra[page] for page in self._extra_pages)]

    # -- asking -----------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """Screen rows of the whole log, as far as heights are known."""
        return self.total + self._extra_sums[-1]

    @property
    def loaded_end(self) -> int:
        """The number after the last line that is loaded without a gap to the end of its page's beginning."""
        if not self.total:
            return 0
        number = (self.total - 1) // PAGE
        page = self._pages.get(number)
        return number * PAGE + len(page.lines) if page is not None else number * PAGE

    def line(self, number: int) -> LogLine | None:
        """A line, when it is loaded."""
        page = self._pages.get(number // PAGE)
        offset = number % PAGE
        return page.lines[offset] if page is not None and offset < len(page.lines) else None

    def touch(self, number: int) -> None:
        """The page of this line is on the screen: drop others first."""
        if number // PAGE in self._pages:
            self._pages.move_to_end(number // PAGE)

    def row_of(self, place: Place) -> int:
        """The row at which a place stands."""
        number, offset = divmod(place[0], PAGE)
        return self._rows_before(number) + self._within(number, offset) + place[1]

    def place_of(self, row: int) -> Place:
        """What stands at a row. Rows beyond the ends mean the first and the last place."""
        if self.total == 0 or row <= 0:
            return (0, 0)
        if row >= self.rows:
            last = self.total - 1
            return (last, self.height_of(last) - 1)
        low, high = 0, (self.total - 1) // PAGE
        while low < high:
            middle = (low + high + 1) // 2
            if self._rows_before(middle) <= row:
                low = middle
            else:
                high = middle - 1
        return self._place_in(low, row - self._rows_before(low))

    def height_of(self, number: int) -> int:
        """Rows that a line takes; 1 when it is not loaded."""
        page, offset = self._pages.get(number // PAGE), number % PAGE
        if page is None or offset >= len(page.lines):
            return 1
        return page.starts[offset + 1] - page.starts[offset]

    def missing(self, first: int, last: int) -> list[tuple[int, int]]:
        """What is to be read to show the lines `first` … `last`: starts and numbers of lines."""
        wanted = []
        for number in range(first // PAGE, min(last, self.total - 1) // PAGE + 1):
            page = self._pages.get(number)
            have = len(page.lines) if page is not None else 0
            should = min(PAGE, self.total - number * PAGE)
            if have < should:
                wanted.append((number * PAGE + have, should - have))
        return wanted

    def _rows_before(self, number: int) -> int:
        """Rows of all pages before this one."""
        return number * PAGE + self._extra_sums[bisect_right(self._extra_pages, number - 1)]

    def _within(self, number: int, offset: int) -> int:
        page = self._pages.get(number)
        if page is None:
            return offset
        known = min(offset, len(page.lines))
        return page.starts[known] + (offset - known)

    def _place_in(self, number: int, row: int) -> Place:
        page = self._pages.get(number)
        first = number * PAGE
        if page is None:
            return (min(first + row, min(first + PAGE, self.total) - 1), 0)
        if row < page.starts[-1]:
            offset = bisect_right(page.starts, row) - 1
            return (first + offset, row - page.starts[offset])
        return (min(first + len(page.lines) + row - page.starts[-1], self.total - 1), 0)
