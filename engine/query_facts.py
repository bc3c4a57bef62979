"""Whether what a row says fits what a query compares: the tests that are the same for rows of every list. Pure."""

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from flowtui.engine.clock import to_micros
from flowtui.engine.query_meaning import (
    DeploymentTest,
    IdTest,
    MomentTest,
    NumberTest,
    Param,
    ParamTest,
    StateTest,
    Test,
    TextTest,
)
from flowtui.engine.query_terms import Path, Value, ascii_lower, fits
from flowtui.engine.states import State

__all__ = ["Facts", "holds", "matcher", "within"]

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NOTHING: Final = object()


class Facts(Protocol):
    """What a row says, by the names of fields. What it does not have fits no comparison."""

    def texts(self, field: str) -> Iterable[str]:
        """All that the field says."""
        ...

    def number(self, field: str) -> int | None:
        """A count, or a duration in microseconds."""
        ...

    def moment(self, field: str) -> datetime | None: ...

    @property
    def state(self) -> State | None: ...

    @property
    def parameters(self) -> Mapping[str, Any]: ...


def holds(test: Test, facts: Facts) -> bool:
    """Whether a test holds for a row. Raises `TypeError` for one that only runs are asked."""
    match test:
        case TextTest():
            texts = [text for field in test.fields for text in facts.texts(field)]
            return any(_reads(text, pattern, part=test.part) for text in texts for pattern in test.patterns)
        case StateTest():
            state = facts.state
            return state is not None and any(
                (kind is None or state.type is kind) and (name is None or _reads(state.name, name))
                for kind, name in test.states
            )
        case NumberTest():
            number = facts.number(test.field)
            compare = _COMPARE[test.comparison]
            return number is not None and any(compare(number, wanted) for wanted in test.numbers)
        case MomentTest():
            moment = facts.moment(test.field)
            return moment is not None and _COMPARE[test.comparison](to_micros(moment), test.micros)
        case IdTest():
            return any(first <= own <= last for own in facts.texts(test.field) for first, last in test.spans)
        case DeploymentTest():
            named = any(_reads(name, pattern) for name in facts.texts("deployment") for pattern in test.patterns)
            return named or any(own in test.ids for own in facts.texts("deployment-id"))
        case ParamTest():
            found = within(facts.parameters, test.path, _NOTHING)
            return any(_compares(found, test.comparison, wanted) for wanted in test.values)
    raise TypeError(f"{type(test).__name__} is asked of runs only.")


def _reads(text: str, pattern: Value, *, part: bool = False) -> bool:
    return matcher(pattern, part=part)(ascii_lower(text))


def matcher(pattern: Value, *, part: bool = False) -> Callable[[str], bool]:
    """Whether a text, in small letters, is what a pattern says; with `part`, has it in it where it is no pattern."""
    if pattern.is_glob:
        low = ascii_lower(pattern.pattern)
        start = low.removesuffix("*")
        if len(start) == len(low) - 1 and not any(letter in start for letter in "*?\\"):
            return lambda text: text.startswith(start)
        return lambda text: fits(text, low)
    low = ascii_lower(pattern.text)
    return (lambda text: low in text) if part else (lambda text: text == low)


def within(value: Any, path: Path, missing: Any = None) -> Any:
    """What stands at a path of names and positions; `missing` when it leads nowhere."""
    for part in path:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list | tuple) and part < len(value) else missing
        else:
            value = value.get(part, missing) if isinstance(value, Mapping) else missing
    return value


def _compares(found: Any, comparison: str, wanted: Param) -> bool:
    if isinstance(found, bool) or found is None:
        word = {True: "true", False: "false", None: "null"}[found]
        return comparison == "=" and wanted.word == word
    if isinstance(found, int | float):
        return wanted.number is not None and _COMPARE[comparison](found, wanted.number)
    if not isinstance(found, str):
        return False
    if comparison == "=":
        return _reads(found, wanted.text)
    return wanted.number is None and _COMPARE[comparison](found, wanted.text.text)
