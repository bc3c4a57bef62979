"""Find and replace futures and states inside collections."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from flowtui.engine.futures import TaskFuture
from flowtui.engine.states import State

__all__ = ["find_futures", "replace_futures"]

_ATOMS: Final = frozenset({str, int, float, bool, bytes, type(None)})


def find_futures(value: Any) -> list[Any]:
    """The futures and states in a value, also nested in list, tuple, set, dict and dataclass, in order."""
    found: list[Any] = []
    replace_futures(value, lambda item: found.append(item) or item)  # type: ignore[func-returns-value]
    return found


def replace_futures(value: Any, swap: Callable[[Any], Any]) -> Any:
    """The value with each future and state replaced by `swap` of it; the value itself when there is none."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if isinstance(value, TaskFuture | State):
        return swap(value)
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return _in_sequence(value, kind, swap)
    if kind is dict:
        new = {key: replace_futures(item, swap) for key, item in value.items()}
        return new if any(new[key] is not value[key] for key in new) else value
    if is_dataclass(kind) and not isinstance(value, type):
        return _in_dataclass(value, swap)
    return value


def _in_sequence(value: Any, kind: Any, swap: Callable[[Any], Any]) -> Any:
    old = list(value)
    new = [replace_futures(item, swap) for item in old]
    if all(a is b for a, b in zip(old, new, strict=True)):
        return value
    return kind(new)


def _in_dataclass(value: Any, swap: Callable[[Any], Any]) -> Any:
    changed = {}
    for field in fields(value):
        if field.init:
            old = getattr(value, field.name, None)
            new = replace_futures(old, swap)
            if new is not old:
                changed[field.name] = new
    return replace(value, **changed) if changed else value
