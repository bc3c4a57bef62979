"""What of a log is shown: filters that can be switched, and the lines that they let through together. Pure."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Final, Literal

from flowtui.engine.log_tests import LogTest
from flowtui.tui.logs.marks import Marks

__all__ = ["KINDS", "Filter", "FilterSet", "Kind", "numbers_of", "shown_mask"]

Kind = Literal["show", "hide", "level", "logger", "task", "task-attempt", "attempt", "function", "time", "run"]
KINDS: Final[Mapping[Kind, str]] = {
    "show": "only lines with",
    "hide": "no lines with",
    "level": "from the level",
    "logger": "of the logger",
    "task": "of the task",
    "task-attempt": "task's attempt",
    "attempt": "of the attempt",
    "function": "of the function",
    "time": "in the time",
    "run": "of the run",
}
"""How each kind is said before its words."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter; it keeps its `number` while it is switched off and on."""

    number: int
    kind: Kind
    words: str
    test: LogTest
    on: bool = True


@dataclass(frozen=True, slots=True)
class FilterSet:
    """All filters of a log. Several that show, or of one kind, mean one or the other; kinds must all agree."""

    filters: tuple[Filter, ...] = ()
    context: int = 0
    """Lines before and after each line that are shown with it."""

    @property
    def active(self) -> tuple[Filter, ...]:
        """Those that are on."""
        return tuple(each for each in self.filters if each.on)

    def with_one(self, kind: Kind, words: str, test: LogTest) -> "FilterSet":
        """One more; the same again is only switched on."""
        for each in self.filters:
            if (each.kind, each.test) == (kind, test):
                return self.switched(each.number, True)
        number = max((each.number for each in self.filters), default=0) + 1
        kept = [each for each in self.filters if not (kind == "level" and each.kind == "level")]
        return replace(self, filters=(*kept, Filter(number, kind, words, test)))

    def without(self, number: int) -> "FilterSet":
        """One less."""
        return replace(self, filters=tuple(each for each in self.filters if each.number != number))

    def switched(self, number: int, on: bool | None = None) -> "FilterSet":
        """One switched over, or on or off."""
        return replace(
            self,
            filters=tuple(
                replace(each, on=not each.on if on is None else on) if each.number == number else each
                for each in self.filters
            ),
        )

    def all_switched(self) -> "FilterSet":
        """All off; or all on, when none was."""
        on = not self.active
        return replace(self, filters=tuple(replace(each, on=on) for each in self.filters))


def shown_mask(filters: FilterSet, marks: Mapping[int, Marks], start: int, total: int) -> bytes:
    """A byte for each of the lines `start` … `total - 1`: 1 when it is shown. What was not looked at yet is not.

    `marks` are those of each filter, by its number. With context, ask from so many lines earlier.
    """
    count = total - start
    if count <= 0:
        return b""
    ones = int.from_bytes(b"\1" * count, "little")
    shown = ones
    for group in _groups(filters.active):
        either = 0
        for each in group:
            known = marks[each.number].mask[start:total]
            either |= int.from_bytes(known, "little")
        if group[0].kind == "hide":
            # What was not looked at is neither here nor there: it stays hidden until it is known.
            shown &= ones & ~(either | either >> 1)
        else:
            shown &= either
    for _ in range(filters.context):
        shown |= (shown << 8 | shown >> 8) & ones
    return shown.to_bytes(count, "little")


def numbers_of(mask: bytes, start: int) -> "array[int]":
    """The numbers of the lines that are shown."""
    numbers = array("L")
    for part in range(0, len(mask), _PART):
        numbers.extend(compress(range(start + part, start + len(mask)), mask[part : part + _PART]))
    return numbers


_PART: Final = 100_000


def _groups(filters: Iterable[Filter]) -> Iterable[Sequence[Filter]]:
    """Filters of one kind together: one or the other must let a line through (of those that hide: none may hide it)."""
    groups: dict[Kind, list[Filter]] = {}
    for each in filters:
        groups.setdefault(each.kind, []).append(each)
    return groups.values()
