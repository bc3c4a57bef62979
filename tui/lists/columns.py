"""The columns that a list may have, which of them are chosen, and how a row is painted in these. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Final, Generic, TypeVar

import orjson

from flowtui.engine.errors import UsageError
from flowtui.engine.query_terms import nearest
from flowtui.tui.formats import count, moment
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.rows import Cell

__all__ = ["At", "ListColumn", "ListColumns", "Shown", "first_line", "number", "read_shown", "text", "when"]

_WIDTHS: Final = (3, 80)
_SHOWN: Final = re.compile(r"(.+?)(?::(\d{1,3}))?")
_PARAMETER: Final = "param."


@dataclass(frozen=True, slots=True)
class At:
    """What cells are painted with: the time, and the zone in which times are shown."""

    now: datetime
    zone: tzinfo | None


T = TypeVar("T")
S = TypeVar("S", bound=At)


@dataclass(frozen=True, slots=True)
class Shown:
    """A column that was chosen, and the width that was given to it. `str` is `flow` or `flow:24`."""

    key: str
    width: int | None = None

    def __str__(self) -> str:
        return self.key if self.width is None else f"{self.key}:{self.width}"


def read_shown(written: str) -> Shown:
    """Read `flow` or `flow:24`, whether or not there is such a column. Raises `UsageError`."""
    match = _SHOWN.fullmatch(written)
    if match is None:
        raise UsageError("A column needs a name: name, name:24 …")
    return Shown(match[1], None if match[2] is None else _width(int(match[2])))


def _width(cells: int) -> int:
    return min(max(cells, _WIDTHS[0]), _WIDTHS[1])


@dataclass(frozen=True, slots=True)
class ListColumn(Generic[T, S]):
    """One of them. `sort` is what a click on its title sorts by. What a `timed` one shows changes with the time, within
    a day too (`moment` does from one day to the next only)."""

    key: str
    about: str
    column: Column
    paint: Callable[[T, S], Cell]
    sort: str | None = None
    timed: bool = False


@dataclass(frozen=True, slots=True)
class ListColumns(Generic[T, S]):
    """All that a list may have; the first `first` are what it shows unless somebody chooses others. With `parameters`
    there is a column `param.NAME` for each of a row's."""

    all: tuple[ListColumn[T, S], ...]
    first: int
    parameters: Callable[[T], Mapping[str, Any]] | None = None

    @property
    def usual(self) -> tuple[Shown, ...]:
        """What is shown when nothing was chosen."""
        return tuple(Shown(column.key) for column in self.all[: self.first])

    def find(self, key: str) -> ListColumn[T, S] | None:
        """The column of a key; None when there is none."""
        known = next((column for column in self.all if column.key == key), None)
        if known is not None or self.parameters is None or not key.startswith(_PARAMETER):
            return known
        path = tuple(key.removeprefix(_PARAMETER).split("."))
        return _parameter(key, path, self.parameters) if all(path) else None

    def of(self, key: str) -> ListColumn[T, S]:
        """The column of a key. Raises `UsageError`."""
        if (known := self.find(key)) is not None:
            return known
        keys = [column.key for column in self.all]
        near, more = nearest(key, keys), f", {_PARAMETER}NAME" if self.parameters is not None else ""
        hint = f"did you mean {near}?" if near else f"use one of {', '.join(keys)}{more}."
        raise UsageError(f"There is no column {key!r} – {hint}")

    def parted(self, chosen: Iterable[Shown]) -> tuple[tuple[Shown, ...], tuple[str, ...]]:
        """Those that there are, and the keys of those that there are not."""
        shown = tuple(chosen)
        known = tuple(one for one in shown if self.find(one.key) is not None)
        return known, tuple(one.key for one in shown if one not in known)

    def wider(self, shown: Shown, by: int) -> Shown:
        """A chosen column with another width."""
        width = shown.width if shown.width is not None else self.of(shown.key).column.width
        return replace(shown, width=_width(width + by))

    def placed(self, shown: Sequence[Shown]) -> tuple[Column, ...]:
        """The chosen columns for a table. Where there is little room, those go first that matter least; once others
        were chosen, or another order, those at the right."""
        made = [self.of(one.key).column for one in shown]
        if not _only_hidden([one.key for one in shown], [one.key for one in self.usual]):
            made = [replace(column, rank=0 if at < 2 else at) for at, column in enumerate(made)]
        elif all(column.rank for column in made):
            made[0] = replace(made[0], rank=0)  # one always stays
        return tuple(
            column if one.width is None else replace(column, width=one.width, share=0)
            for one, column in zip(shown, made, strict=True)
        )

    def painter(self, shown: Sequence[Shown]) -> Callable[[T, S], list[Cell]]:
        """How a row is painted in the chosen columns."""
        paints = tuple(self.of(one.key).paint for one in shown)
        return lambda row, seen: [paint(row, seen) for paint in paints]

    def pulse(self, shown: Sequence[Shown]) -> Callable[[T, S], object]:
        """What of a row in the chosen columns changes with the time alone."""
        paints = tuple(column.paint for column in map(self.of, (one.key for one in shown)) if column.timed)
        return lambda row, seen: (seen.now.astimezone(seen.zone).date(), [paint(row, seen) for paint in paints])

    def sorts(self, shown: Sequence[Shown]) -> dict[str, int]:
        """What the chosen columns show of what a list is sorted by: the number of the first that does."""
        found: dict[str, int] = {}
        for at, one in enumerate(shown):
            if (name := self.of(one.key).sort) is not None:
                found.setdefault(name, at)
        return found


def _only_hidden(keys: Sequence[str], usual: Sequence[str]) -> bool:
    """Whether these are the usual ones in the usual order, and at most some of them are not there."""
    left = iter(usual)
    return all(key in left for key in keys)


def _parameter(key: str, path: tuple[str, ...], get: Callable[[T], Mapping[str, Any]]) -> ListColumn[T, S]:
    def paint(row: T, _: At) -> Cell:
        value: Any = get(row)
        for part in path:
            if isinstance(value, Mapping) and part in value:
                value = value[part]
            elif isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            else:
                return ""
        return [(value if isinstance(value, str) else orjson.dumps(value, default=str).decode(), "text")]

    title = path[-1].upper()
    column = Column(title[:20], max(min(len(title), 20), 8), share=1, most=30)
    return ListColumn(key, f"the parameter {'.'.join(path)}", column, paint)


# -- cells that many lists have ----------------------------------------------------------------------------------------


def text(get: Callable[[T], str | None]) -> Callable[[T, At], Cell]:
    """A text that stands back."""
    return lambda row, _: [(get(row) or "", "muted")]


def when(get: Callable[[T], datetime | None]) -> Callable[[T, At], Cell]:
    """An instant, in the zone that is on."""
    return lambda row, at: [(moment(get(row), at.now, at.zone), "muted")]


def number(get: Callable[[T], int | None], role: str = "muted") -> Callable[[T, At], Cell]:
    """A figure; nothing for none."""
    return lambda row, _: [(count(figure), role)] if (figure := get(row)) else ""


def first_line(words: str | None) -> str:
    """What there is room for in a cell."""
    return (words or "").strip().split("\n")[0]
