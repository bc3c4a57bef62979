"""Find and replace futures and states inside collections."""

from collections.abc import Callable
from copy import copy
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from flowtui.engine.futures import TaskFuture
from flowtui.engine.states import State

__all__ = ["find_futures", "replace_futures"]

Swap = Callable[[Any], Any]

_ATOMS: Final = frozenset({str, int, float, bool, bytes, type(None)})


def find_futures(value: Any) -> list[Any]:
    """The futures and states in a value, in order; also nested in list, tuple, set, dict, dataclass and model."""
    found: list[Any] = []
    replace_futures(value, lambda item: found.append(item) or item)  # type: ignore[func-returns-value]
    return found


def replace_futures(value: Any, swap: Swap) -> Any:
    """The value with each future and state replaced by `swap` of it; the value itself when there is none."""
    return value if type(value) in _ATOMS else _replace(value, swap, set())


def _replace(value: Any, swap: Swap, above: set[int]) -> Any:
    """`above` holds the ids of the collections around the value: one that holds itself is entered once."""
    kind = type(value)
    if kind in _ATOMS or id(value) in above:
        return value
    if isinstance(value, TaskFuture | State):
        return swap(value)
    into = _way_into(value, kind)
    if into is None:
        return value
    above.add(id(value))
    try:
        return into(value, lambda item: _replace(item, swap, above))
    finally:
        above.discard(id(value))


def _way_into(value: Any, kind: Any) -> Callable[[Any, Swap], Any] | None:
    if isinstance(value, list | tuple | set | frozenset):
        return _in_sequence
    if isinstance(value, dict):
        return _in_dictionary
    if isinstance(value, type):
        return None
    if is_dataclass(kind):
        return _in_dataclass
    return _in_model if hasattr(kind, "model_fields") else None


def _in_sequence(value: Any, each: Swap) -> Any:
    old = list(value)
    new = [each(item) for item in old]
    if all(a is b for a, b in zip(old, new, strict=True)):
        return value
    if hasattr(value, "_fields"):  # a named tuple
        return type(value)(*new)
    plain = next(kind for kind in (list, tuple, frozenset, set) if isinstance(value, kind))
    return plain(new)  # the futures of a mapping become a list of what they gave


def _in_dictionary(value: Any, each: Swap) -> Any:
    changed = {key: new for key, item in value.items() if (new := each(item)) is not item}
    if not changed:
        return value
    result = copy(value)  # also of a kind with a default or an order of its own
    result.update(changed)
    return result


def _in_dataclass(value: Any, each: Swap) -> Any:
    changed = {}
    for field in fields(value):
        if field.init:
            old = getattr(value, field.name, None)
            new = each(old)
            if new is not old:
                changed[field.name] = new
    return replace(value, **changed) if changed else value


def _in_model(value: Any, each: Swap) -> Any:
    """A model of pydantic, which need not be loaded for this."""
    changed = {name: new for name, old in vars(value).items() if (new := each(old)) is not old}
    return value.model_copy(update=changed) if changed else value
