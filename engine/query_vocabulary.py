"""The words of one list: its fields, with their operators and values, as a table that reading and completing share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

__all__ = ["TIME_WORDS", "Field", "Kind", "Vocabulary"]

Kind = Literal["text", "word", "state", "number", "span", "moment", "id", "is", "param"]

TIME_WORDS: Final = ("now", "today", "yesterday", "tomorrow")
"""Moments that have a name; days begin at midnight of the reader's zone."""

_COMPARISONS: Final = ("<", "<=", ">", ">=")
_OPERATORS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "text": (":", "!="),
    "word": (":", "!="),
    "state": (":", "!="),
    "id": (":", "!="),
    "is": (":",),
    "number": ("=", "!=", *_COMPARISONS),
    "span": _COMPARISONS,
    "moment": _COMPARISONS,
    "param": ("=", "!=", *_COMPARISONS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a query can ask for."""

    name: str
    kind: Kind
    about: str
    """What it is, with examples: the text of help and completion."""
    aliases: tuple[str, ...] = ()
    part: bool = False
    """A text is found within the field's; else it has to be the whole of it."""
    within: tuple[str, ...] = ()
    """What is looked at, by name; the field itself when nothing is given."""
    ahead: bool = False
    """`2h` is two hours from now; else two hours ago."""
    words: tuple[str, ...] = ()
    """Values that have a name."""
    meanings: Mapping[str, str] = field(default_factory=dict)
    """What the words mean."""
    known: bool = False
    """Whoever has the rows knows what values it has."""

    @property
    def operators(self) -> tuple[str, ...]:
        """What may stand between the field and its values; the usual one first."""
        return (":",) if self.name in ("since", "until") else _OPERATORS[self.kind]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What can be asked of the rows of a list. `noun` is what people call them; the most used fields come first."""

    noun: str
    fields: tuple[Field, ...]
    names: Mapping[str, Field] = field(init=False, repr=False, compare=False)
    """Each field by its name and by its other names."""

    def __post_init__(self) -> None:
        names = {name: each for each in self.fields for name in (each.name, *each.aliases)}
        object.__setattr__(self, "names", names)

    def field_of(self, name: str) -> Field | None:
        """The field of a name, however its letters are written."""
        return self.names.get(name.lower())
