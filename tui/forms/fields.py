"""What a form asks for: a field for each place of a JSON schema, and the kind of control that suits it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

__all__ = ["MISSING", "Field", "Kind", "Path", "as_json"]

Path = tuple[str | int, ...]
"""Where a field stands: keys of objects, and numbers of the variants of a union."""


class _Missing:
    """No value, where null would be one."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


class Kind(StrEnum):
    """What a field holds; the value is the word that the form shows."""

    TEXT = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "enum"
    CONST = "fixed"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    DURATION = "duration"
    LIST = "list"
    """One item a line."""
    PAIRS = "mapping"
    """One `key: value` a line."""
    OBJECT = "object"
    """A group of fields."""
    UNION = "one of"
    """One of several fields."""
    JSON = "json"
    """Anything, as JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One place of a schema."""

    key: str
    path: Path
    kind: Kind
    schema: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The place's schema as it stands: what a value is checked against."""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The schema that this one is a part of: where `$ref` is looked up."""
    description: str = ""
    example: str = ""
    required: bool = False
    nullable: bool = False
    secret: bool = False
    default: Any = MISSING
    """What counts when nothing is given."""
    initial: Any = MISSING
    """What the field begins with, when that is given and not left out."""
    choices: tuple[Any, ...] = ()
    fields: tuple["Field", ...] = ()
    """Of an OBJECT: its fields. Of a UNION: its variants, in the order in which they are tried."""
    item: "Field | None" = None
    """Of LIST and PAIRS: what each line holds."""

    @property
    def baseline(self) -> Any:
        """The value against which a change is counted: MISSING when there is none."""
        return self.initial if self.initial is not MISSING else self.default

    @property
    def word(self) -> str:
        """The kind in a word, for the form's second column."""
        if self.secret and self.kind in (Kind.TEXT, Kind.JSON):
            return "secret"
        return str(self.kind.value)


def as_json(place: Field) -> Field:
    """The same place, shown as JSON text: for values that its own control cannot show exactly."""
    return replace(place, kind=Kind.JSON, fields=(), item=None, choices=())
