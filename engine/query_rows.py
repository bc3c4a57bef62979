"""Filter lists that are in hand as a whole, and say which values their fields have. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final, Generic, TypeVar

from flowtui.engine.listing import QueryValue
from flowtui.engine.query_facts import holds, matcher, within
from flowtui.engine.query_meaning import Clause, Test, TextTest, clause_of
from flowtui.engine.query_reading import read_terms
from flowtui.engine.query_terms import Path, ascii_lower
from flowtui.engine.query_vocabulary import Vocabulary
from flowtui.engine.states import State

__all__ = ["Reading", "fitting", "parameter_values", "sorted_values", "values_of"]

T = TypeVar("T")
_MOST: Final = 50
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T]):
    """How the facts of a row are read: functions by the name of what they tell."""

    vocabulary: Vocabulary
    texts: Mapping[str, Callable[[T], Iterable[str | None]]]
    numbers: Mapping[str, Callable[[T], int | None]]
    """Counts, and durations in microseconds."""
    moments: Mapping[str, Callable[[T], datetime | None]]
    state: Callable[[T], State | None] = lambda _: None
    parameters: Callable[[T], Mapping[str, Any]] = lambda _: {}


@dataclass(frozen=True, slots=True)
class _RowFacts(Generic[T]):
    """What a row says; nothing is reckoned that nobody asks."""

    row: T
    reading: Reading[T]

    def texts(self, field: str) -> Iterable[str]:
        return (text for text in self.reading.texts[field](self.row) if text)

    def number(self, field: str) -> int | None:
        return self.reading.numbers[field](self.row)

    def moment(self, field: str) -> datetime | None:
        return self.reading.moments[field](self.row)

    @property
    def state(self) -> State | None:
        return self.reading.state(self.row)

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.reading.parameters(self.row)


def fitting(
    rows: Iterable[T], text: str, reading: Reading[T], now: datetime, zone: tzinfo | None = None
) -> tuple[T, ...]:
    """The rows that fit a query at `now`, in their order. Days begin at midnight in `zone`, None for the local one.
    Raises `QueryError`."""
    terms = [placed.term for placed in read_terms(text, reading.vocabulary)]
    clauses = [_prepared(clause_of(term, now, zone, reading.vocabulary), reading) for term in terms]
    return tuple(row for row in rows if all(fits(row) for fits in clauses))


def _prepared(clause: Clause, reading: Reading[T]) -> Callable[[T], bool]:
    """A clause as a question to a row. What is asked of texts is made up once: a key is pressed while thousands of rows
    are asked."""
    tests = [_asked(test, reading) for test in clause.tests]
    negated = clause.negated
    return lambda row: all(test(row) for test in tests) != negated


def _asked(test: Test, reading: Reading[T]) -> Callable[[T], bool]:
    if not isinstance(test, TextTest):
        return lambda row: holds(test, _RowFacts(row, reading))
    readers = [reading.texts[field] for field in test.fields]
    matching = [matcher(pattern, part=test.part) for pattern in test.patterns]

    def asked(row: T) -> bool:
        for read in readers:
            for text in read(row):
                if text:
                    low = ascii_lower(text)
                    if any(matches(low) for matches in matching):
                        return True
        return False

    return asked


def values_of(
    rows: Iterable[T], field: str, start: str, reading: Reading[T], *, path: Path = (), limit: int = _MOST
) -> tuple[QueryValue, ...]:
    """Values of a field with `start` in them, and how many rows have each: those that begin so first, then by how
    often they were met, then by name."""
    if field == "param":
        found = parameter_values((reading.parameters(row) for row in rows), path)
    else:
        read = reading.texts.get(field)
        said = (set(read(row)) for row in rows) if read is not None else ()
        met = Counter(text for texts in said for text in texts if text and len(text) <= _LONGEST)
        found = [QueryValue(text, number) for text, number in met.items()]
    return sorted_values(found, start, limit)


def sorted_values(found: Iterable[QueryValue], start: str, limit: int) -> tuple[QueryValue, ...]:
    """Those with `start` in them, the likeliest first."""
    low = ascii_lower(start)
    fitting = [value for value in found if low in ascii_lower(value.text)]
    fitting.sort(key=lambda value: (not ascii_lower(value.text).startswith(low), -(value.count or 0), value.text))
    return tuple(fitting[:limit])


def parameter_values(parameters: Iterable[Mapping[str, Any]], path: Path) -> Sequence[QueryValue]:
    """The names within a path, each with a dot or `=` after it; or the values there."""
    met: Counter[str] = Counter()
    for each in parameters:
        inside = within(each, path, ...)
        if isinstance(inside, Mapping):
            met.update(_opened(name, value) for name, value in inside.items() if _is_plain(name))
        elif inside is None or isinstance(inside, bool):
            met[{True: "true", False: "false", None: "null"}[inside]] += 1
        elif isinstance(inside, str | int | float):
            met[str(inside)] += 1
    return [QueryValue(text, count) for text, count in met.items() if len(text) <= _LONGEST]


def _opened(name: str, value: Any) -> str:
    return f"{name}{'.' if isinstance(value, Mapping) and value else '='}"


def _is_plain(name: str) -> bool:
    return bool(name) and all(letter.isalnum() or letter in "_-" for letter in name) and name.isascii()
