"""Which lines of a log its filters let through, as far as it was looked through. Pure, but that it remembers."""

from array import array
from collections.abc import Iterable

from flowtui.engine.model import LogPage
from flowtui.tui.logs.filters import Filter, FilterSet, numbers_of, shown_mask
from flowtui.tui.logs.marks import Marks
from flowtui.tui.logs.scanning import Scanner

__all__ = ["Sifting"]


class Sifting:
    """The filters of a log, over what its scanner knows."""

    def __init__(self, scanner: Scanner) -> None:
        self.filters = FilterSet()
        self._scanner = scanner
        self._shown = bytearray()

    def use(self, filters: FilterSet) -> None:
        """Have these from now on; what nobody asks for any more is forgotten."""
        old, self.filters = self.filters, filters
        kept = {each.number for each in filters.filters}
        for each in old.filters:
            if each.number not in kept:
                self._scanner.forget(each.number)
        self._known(filters.active)

    def _known(self, filters: Iterable[Filter]) -> dict[int, Marks]:
        return {each.number: self._scanner.ask(each.number, each.test) for each in filters}

    @property
    def is_settled(self) -> bool:
        """Whether all lines were looked at for the filters that are on."""
        return all(marks.is_complete for marks in self._known(self.filters.active).values())

    @property
    def counts(self) -> list[tuple[int, bool]]:
        """How many lines each filter lets through, also those that are off, and whether that is all that there are."""
        return [(known.count, known.is_complete) for known in self._known(self.filters.filters).values()]

    @property
    def slow(self) -> list[Filter]:
        """Filters whose expressions take too long."""
        known = self._known(self.filters.filters)
        return [each for each in self.filters.filters if known[each.number].is_slow]

    def whole(self, total: int) -> "array[int] | None":
        """The numbers of the lines that are shown of so many, found anew; None when all are."""
        if not self.filters.active:
            self._shown = bytearray()
            return None
        self._shown = bytearray(shown_mask(self.filters, self._known(self.filters.active), 0, total))
        return numbers_of(bytes(self._shown), 0)

    def more(self, page: LogPage) -> "array[int] | None":
        """The numbers of the lines that are shown of those after the ones that were there, when that is all that
        changes and they are in the page; else None: look at the whole. Context may bring in lines from before them."""
        start, reach = len(self._shown), self.filters.context
        begin = max(start - 2 * reach, 0)
        mask = shown_mask(self.filters, self._known(self.filters.active), begin, self._scanner.total)
        valid = max(start - reach, 0)
        before = mask[valid - begin : start - begin] != self._shown[valid:start]
        self._shown[valid:] = mask[valid - begin :]
        numbers = numbers_of(mask[start - begin :], start)
        have = range(page.start, page.start + len(page.lines))
        return None if before or any(number not in have for number in numbers) else numbers

    @property
    def numbers(self) -> "array[int]":
        """The numbers of the lines that were last found to be shown."""
        return numbers_of(bytes(self._shown), 0)

    def among_shown(self, marks: Marks) -> Marks:
        """Hits among the lines that are shown."""
        return marks.within(bytes(self._shown)) if self.filters.active else marks
