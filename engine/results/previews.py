"""A look at a value in one short line of text, made where the value is: readers never have to unpickle it."""

from collections.abc import Mapping
from reprlib import Repr
from typing import Any, Final

__all__ = ["preview_of", "result_text"]

_LONGEST: Final = 240


def preview_of(value: Any) -> str:
    """What the value looks like, in one line of at most 240 characters. Never raises and never walks a large value."""
    try:
        text = _short.repr(value)
    except Exception as error:  # a __repr__ of the user's own
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def result_text(result: str | None, details: Mapping[str, Any]) -> str | None:
    """What can be shown of a run's result: its JSON, or a look at the value that is kept elsewhere; None without one.

    `details` are those of the run's state.
    """
    if result is not None:
        return result
    told = details.get("result")
    if not isinstance(told, dict):
        return None
    return f"{told.get('preview')}  ({told.get('serializer')}, {told.get('size')} bytes, in {told.get('address')})"


class _Short(Repr):
    """Containers and texts by their beginnings."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = self.maxdeque = 8
        self.maxstring = self.maxother = 160
        self.maxlong = 60


_short: Final = _Short()
