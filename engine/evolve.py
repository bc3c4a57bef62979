"""A changed copy of a frozen value, three times as quick as `dataclasses.replace`: on the path of every task."""

from typing import Any, TypeVar

__all__ = ["evolve"]

T = TypeVar("T")
_set = object.__setattr__


def evolve(value: T, **changes: Any) -> T:
    """The value with some fields changed. For frozen dataclasses with slots and no `__post_init__`."""
    kind = type(value)
    new = object.__new__(kind)
    for name in kind.__slots__:  # type: ignore[attr-defined]
        _set(new, name, changes.pop(name) if name in changes else getattr(value, name))
    if changes:
        raise TypeError(f"{kind.__name__} has no field {', '.join(sorted(changes))}")
    return new
