"""`.map`: from lists of arguments to the arguments of each call."""

from collections.abc import Iterable, Mapping
from typing import Any

from flowtui.engine.annotations import Annotation, allow_failure, unmapped
from flowtui.engine.errors import MappingLengthMismatch, MappingMissingIterable
from flowtui.engine.futures import TaskFuture
from flowtui.engine.states import State

__all__ = ["each_call", "unmapped"]


def each_call(parameters: Mapping[str, Any], what: str) -> list[dict[str, Any]]:
    """The parameters of each call.

    Raises `MappingMissingIterable` when nothing is iterable and `MappingLengthMismatch` when the lengths differ.
    """
    lists: dict[str, list[Any]] = {}
    single: dict[str, Any] = {}
    for name, value in parameters.items():
        items = _items(value)
        if items is None:
            single[name] = value.value if isinstance(value, unmapped) else value
        else:
            lists[name] = items
    if not lists:
        raise MappingMissingIterable(what, list(parameters))
    lengths = {name: len(items) for name, items in lists.items()}
    if len(set(lengths.values())) > 1:
        raise MappingLengthMismatch(what, lengths)
    names = tuple(lists)
    return [{**single, **dict(zip(names, row, strict=True))} for row in zip(*lists.values(), strict=True)]


def _items(value: Any) -> list[Any] | None:
    """The items of something to map over; None for a single value. A future is waited for first."""
    if isinstance(value, TaskFuture):
        return _items(value.result())
    if isinstance(value, State):
        return _items(value.result())
    if isinstance(value, allow_failure):
        items = _items(value.value)
        return None if items is None else [allow_failure(item) for item in items]
    if isinstance(value, str | bytes | bytearray | Annotation) or not isinstance(value, Iterable):
        return None
    return list(value)
