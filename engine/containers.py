"""Find and replace futures and states inside collections."""

from collections.abc import Callable
from copy import copy
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from flowtui.engine.annotations import Annotation, allow_failure, opaque, quote
from flowtui.engine.futures import TaskFuture
from flowtui.engine.states import State

__all__ = ["ATOMS", "find_futures", "replace_futures", "resolve_futures_to_results", "resolve_futures_to_states"]

Swap = Callable[[Any, bool], Any]
Each = Callable[[Any], Any]

ATOMS: Final = frozenset({str, int, float, bool, bytes, type(None)})
"""Kinds of values that hold no others."""


def find_futures(value: Any) -> list[Any]:
    """The futures and states in a value, in order; also nested in list, tuple, set, dict, dataclass and model.

    Where there are none, but a mark that has to be taken off, the value itself. None is looked for in what is marked by
    `quote`, nor within what is marked by `opaque`.
    """
    found: list[Any] = []

    def note(item: Any, failure_allowed: bool) -> Any:
        found.append(item)
        return item

    if replace_futures(value, note) is not value and not found:
        found.append(value)
    return found


def replace_futures(value: Any, swap: Swap) -> Any:
    """The value with each future and state replaced, and without its marks; the value itself when it has none.

    `swap` gets the future or state, and whether it is within `allow_failure`.
    """
    return value if type(value) in ATOMS else _replace(value, swap, set(), False)


def resolve_futures_to_states(value: Any) -> Any:
    """The value with each future in it replaced by its final state, which is waited for."""
    return replace_futures(value, lambda item, _: item.ended().state if isinstance(item, TaskFuture) else item)


def resolve_futures_to_results(value: Any) -> Any:
    """The value with each future and state in it replaced by its result, which is waited for.

    Raises what a run raised, unless it is marked by `allow_failure`: then its exception takes its place.
    """
    return replace_futures(value, lambda item, failure_allowed: item.result(raise_on_failure=not failure_allowed))


def _replace(value: Any, swap: Swap, above: set[int], failure_allowed: bool) -> Any:
    """`above` holds the ids of the collections around the value: one that holds itself is entered once."""
    kind = type(value)
    if kind in ATOMS or id(value) in above:
        return value
    if isinstance(value, TaskFuture | State):
        return swap(value, failure_allowed)
    if isinstance(value, Annotation):
        return _unmarked(value, swap, above, failure_allowed)
    into = _way_into(value, kind)
    if into is None:
        return value
    above.add(id(value))
    try:
        return into(value, lambda item: _replace(item, swap, above, failure_allowed))
    finally:
        above.discard(id(value))


def _unmarked(marked: Annotation[Any], swap: Swap, above: set[int], failure_allowed: bool) -> Any:
    value = marked.value
    if isinstance(marked, quote):
        return value
    if isinstance(marked, opaque) and not isinstance(value, TaskFuture | State):
        return value
    return _replace(value, swap, above, failure_allowed or isinstance(marked, allow_failure))


def _way_into(value: Any, kind: Any) -> Callable[[Any, Each], Any] | None:
    if isinstance(value, list | tuple | set | frozenset):
        return _in_sequence
    if isinstance(value, dict):
        return _in_dictionary
    if isinstance(value, type):
        return None
    if is_dataclass(kind):
        return _in_dataclass
    return _in_model if hasattr(kind, "model_fields") else None


def _in_sequence(value: Any, each: Each) -> Any:
    old = list(value)
    new = [each(item) for item in old]
    if all(a is b for a, b in zip(old, new, strict=True)):
        return value
    if hasattr(value, "_fields"):  # a named tuple
        return type(value)(*new)
    plain = next(kind for kind in (list, tuple, frozenset, set) if isinstance(value, kind))
    return plain(new)  # the futures of a mapping become a list of what they gave


def _in_dictionary(value: Any, each: Each) -> Any:
    changed = {key: new for key, item in value.items() if (new := each(item)) is not item}
    if not changed:
        return value
    result = copy(value)  # also of a kind with a default or an order of its own
    result.update(changed)
    return result


def _in_dataclass(value: Any, each: Each) -> Any:
    changed = {}
    for field in fields(value):
        if field.init:
            old = getattr(value, field.name, None)
            new = each(old)
            if new is not old:
                changed[field.name] = new
    return replace(value, **changed) if changed else value


def _in_model(value: Any, each: Each) -> Any:
    """A model of pydantic, which need not be loaded for this."""
    changed = {name: new for name, old in vars(value).items() if (new := each(old)) is not old}
    return value.model_copy(update=changed) if changed else value
