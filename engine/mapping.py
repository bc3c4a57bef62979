"""`.map`: from lists of arguments to the arguments of each call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flowtui.engine.errors import MappingError
from flowtui.engine.futures import TaskFuture
from flowtui.engine.states import State

__all__ = ["each_call", "unmapped"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class unmapped(Generic[T]):
    """Hand this iterable to every call of a mapping as it is."""

    value: T


def each_call(parameters: Mapping[str, Any], what: str) -> list[dict[str, Any]]:
    """The parameters of each call. Raises `MappingError` when nothing is iterable or the lengths differ."""
    lists: dict[str, list[Any]] = {}
    single: dict[str, Any] = {}
    for name, value in parameters.items():
        items = _items(value)
        if items is None:
            single[name] = value.value if isinstance(value, unmapped) else value
        else:
            lists[name] = items
    if not lists:
        raise MappingError(f"{what}.map(…) was given nothing to map over: none of {', '.join(parameters)} is a list.")
    lengths = {name: len(items) for name, items in lists.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise MappingError(
            f"{what}.map(…) was given lists of different lengths: {shown}. Wrap what is not mapped in unmapped(…)."
        )
    count = next(iter(lengths.values()))
    return [{**single, **{name: items[i] for name, items in lists.items()}} for i in range(count)]


def _items(value: Any) -> list[Any] | None:
    """The items of something to map over; None for a single value. A future is waited for first."""
    if isinstance(value, TaskFuture):
        return _items(value.result())
    if isinstance(value, State):
        return _items(value.result())
    if isinstance(value, str | bytes | bytearray | unmapped) or not isinstance(value, Iterable):
        return None
    return list(value)
