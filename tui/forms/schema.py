"""From a JSON schema to the fields of a form. No schema makes it fail: what is not understood becomes JSON text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flowtui.tui.forms.fields import MISSING, Field, Kind, Path, as_json
from flowtui.tui.forms.json_text import dumps, same
from flowtui.tui.forms.references import References, union_word

__all__ = ["fields_of"]

_DEEPEST: Final = 6
"""Objects within objects become JSON text from here on: nobody finds a field seven levels down."""
_FORMATS: Final = {
    "date": Kind.DATE,
    "time": Kind.TIME,
    "date-time": Kind.DATETIME,
    "duration": Kind.DURATION,
}
_SIMPLE: Final = {"integer": Kind.INTEGER, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN}
_LINES: Final = frozenset(
    {Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.DURATION, Kind.CHOICE}
)
"""Kinds of which one fits on a line of a list."""

Schema = Mapping[str, Any]


def fields_of(schema: Schema, defaults: Mapping[str, Any] | None = None) -> Field:
    """The OBJECT field of a schema. `defaults` stand before the schema's own ones, by name."""
    properties = schema.get("properties")
    named = dict(properties) if isinstance(properties, Mapping) else {}
    for key, value in (defaults or {}).items():
        node = named.get(key)
        named[key] = {**(node if isinstance(node, Mapping) else {}), "default": value}
    whole = {**schema, "properties": named}
    listed = schema.get("secret_fields")
    secrets = frozenset(path for path in listed if isinstance(path, str)) if isinstance(listed, list) else frozenset()
    return _Reader(whole, secrets).object_field(_Place("", (), required=True), whole)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reader is."""

    key: str
    path: Path
    required: bool = False
    depth: int = 0
    within: tuple[str, ...] = ()
    """The references that were followed on the way: a second time round would never end."""


class _Reader:
    """Reads the places of one schema."""

    def __init__(self, root: Schema, secrets: frozenset[str]) -> None:
        self._root, self._secrets = root, secrets
        self._references = References(root)

    def read(self, place: _Place, schema: Any) -> Field:
        """The field of a place."""
        whole = schema if isinstance(schema, Mapping) else {}
        own, within = self._references.resolve(whole, place.within)
        if own is None:
            return self._finish(Field(key=place.key, path=place.path, kind=Kind.JSON), place, whole, whole)
        own, nullable, within = self._references.without_null(own, within)
        if own is None:
            return self._finish(Field(key=place.key, path=place.path, kind=Kind.JSON), place, whole, whole)
        place = replace(place, within=within)
        found = self._by_shape(place, own)
        return self._finish(replace(found, nullable=nullable), place, own, whole)

    def _finish(self, found: Field, place: _Place, own: Schema, whole: Schema) -> Field:
        """Fill in what every kind has."""
        dotted = ".".join(str(step) for step in place.path if isinstance(step, str))
        secret = dotted in self._secrets or own.get("writeOnly") is True or own.get("format") == "password"
        if secret and found.kind is Kind.JSON and not own.get("type"):
            found = replace(found, kind=Kind.TEXT)
        examples = own.get("examples")
        example = examples[0] if isinstance(examples, list) and examples else MISSING
        result = replace(
            found,
            schema=whole,
            document=self._root,
            secret=secret,
            required=place.required,
            description=_text(whole.get("description")) or _text(own.get("description")),
            example="" if example is MISSING else example if isinstance(example, str) else dumps(example),
            default=whole.get("default", own.get("default", MISSING)),
        )
        return self._with_defaults(result)

    def _with_defaults(self, found: Field) -> Field:
        """Hand an object's default on to its fields: they begin with it."""
        if found.kind is not Kind.OBJECT or not isinstance(found.default, dict):
            return found
        return replace(found, fields=_beginning_with(found.fields, found.default))

    # -- kinds --------------------------------------------------------------------------------------------------------

    def _by_shape(self, place: _Place, schema: Schema) -> Field:
        """The field of a schema without references and null."""
        plain = Field(key=place.key, path=place.path, kind=Kind.JSON)
        if "const" in schema:
            return replace(plain, kind=Kind.CONST, choices=(schema["const"],))
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return replace(plain, kind=Kind.CHOICE, choices=_distinct(choices))
        word = union_word(schema)
        if word is not None:
            return self._union(place, schema[word])
        kind = schema.get("type")
        if kind == "string":
            return replace(plain, kind=_FORMATS.get(str(schema.get("format")), Kind.TEXT))
        if kind in _SIMPLE:
            return replace(plain, kind=_SIMPLE[kind])
        if kind == "array":
            return self._list(place, schema)
        if kind == "object" or (kind is None and isinstance(schema.get("properties"), Mapping)):
            return self._object_or_pairs(place, schema)
        return plain

    def _union(self, place: _Place, variants: Sequence[Any]) -> Field:
        plain = Field(key=place.key, path=place.path, kind=Kind.JSON)
        if not 2 <= len(variants) <= 8 or place.depth >= _DEEPEST:
            return plain
        fields = []
        for number, variant in enumerate(variants):
            at = _Place(place.key, (*place.path, number), True, place.depth + 1, place.within)
            fields.append(replace(self.read(at, variant), description=""))
        if all(found.kind is Kind.JSON for found in fields):
            return plain
        return replace(plain, kind=Kind.UNION, fields=tuple(fields))

    def _list(self, place: _Place, schema: Schema) -> Field:
        plain = Field(key=place.key, path=place.path, kind=Kind.JSON)
        item = self._item(place, schema.get("items")) if "prefixItems" not in schema else None
        return plain if item is None else replace(plain, kind=Kind.LIST, item=item)

    def _object_or_pairs(self, place: _Place, schema: Schema) -> Field:
        if isinstance(schema.get("properties"), Mapping) and schema["properties"]:
            return self.object_field(place, schema)
        plain = Field(key=place.key, path=place.path, kind=Kind.JSON)
        others = schema.get("additionalProperties")
        item = self._item(place, others) if isinstance(others, Mapping) else None
        return plain if item is None else replace(plain, kind=Kind.PAIRS, item=item)

    def _item(self, place: _Place, schema: Any) -> Field | None:
        """What a line of a list holds; None when it would not fit on one."""
        if not isinstance(schema, Mapping):
            return None
        item = self.read(_Place("*", (*place.path, "*"), True, place.depth + 1, place.within), schema)
        return item if item.kind in _LINES and not item.nullable else None

    def object_field(self, place: _Place, schema: Schema) -> Field:
        """A group of fields, in the order of their `position`, if they have one."""
        found = Field(
            key=place.key,
            path=place.path,
            kind=Kind.OBJECT,
            schema=schema,
            document=self._root,
            required=place.required,
        )
        if place.depth >= _DEEPEST:
            return as_json(found)
        properties = schema.get("properties")
        required = schema.get("required")
        wanted = (
            set(required) if isinstance(required, list) and all(isinstance(key, str) for key in required) else set()
        )
        named = properties if isinstance(properties, Mapping) else {}
        fields = [
            self.read(_Place(str(key), (*place.path, str(key)), key in wanted, place.depth + 1, place.within), node)
            for key, node in sorted(named.items(), key=lambda pair: _position(pair[1]))
        ]
        return replace(found, fields=tuple(fields))


def _beginning_with(fields: tuple[Field, ...], values: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields, each beginning with its value, and so do the fields within them."""

    def one(child: Field) -> Field:
        if child.key not in values:
            return child
        value = values[child.key]
        if child.kind is Kind.OBJECT and isinstance(value, dict):
            child = replace(child, fields=_beginning_with(child.fields, value))
        return replace(child, initial=value)

    return tuple(map(one, fields))


def _distinct(values: Sequence[Any]) -> tuple[Any, ...]:
    """Each value once."""
    kept: list[Any] = []
    for value in values:
        if not any(same(value, other) for other in kept):
            kept.append(value)
    return tuple(kept)


def _position(schema: Any) -> float:
    position = schema.get("position") if isinstance(schema, Mapping) else None
    return position if isinstance(position, int | float) and position == position else 1e9


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
