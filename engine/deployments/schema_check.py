"""Check JSON values against the JSON schemas that pydantic writes, and say in words what does not fit."""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

__all__ = ["Problem", "check_value", "expected", "unknown_name"]

Problem = tuple[str, str]
"""Where (`limits.rows`, `repos[2]`) and what: `must be a whole number, not 'ten'`."""

Schema = Mapping[str, Any]

_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "text"),
    "integer": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": ((bool,), "true or false"),
    "array": ((list, tuple), "a list"),
    "object": ((Mapping,), "an object"),
    "null": ((type(None),), "null"),
}
_DURATION = re.compile(r"[-+]?(P(?=\w)(\d+[YMWD])*(T(\d+(\.\d+)?[HMS])+)?|(\d+ days?,? )?\d+:\d\d(:\d\d(\.\d+)?)?)")


def _duration(text: str) -> None:
    if not _DURATION.fullmatch(text):
        raise ValueError(text)


_FORMATS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "date": (date.fromisoformat, "a date such as 2026-01-31"),
    "date-time": (datetime.fromisoformat, "a time such as 2026-01-31T09:00"),
    "time": (time.fromisoformat, "a time of day such as 09:00"),
    "uuid": (UUID, "a UUID"),
    "duration": (_duration, "a duration such as PT15M or 00:15:00"),
}
_BOUNDS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "minimum": ("at least", operator.ge),
    "maximum": ("at most", operator.le),
    "exclusiveMinimum": ("more than", operator.gt),
    "exclusiveMaximum": ("less than", operator.lt),
    "multipleOf": ("a multiple of", lambda value, step: value % step == 0),
}
_LONGEST_SHOWN = 40


def check_value(schema: Schema, value: Any, root: Schema, where: str = "") -> Iterator[Problem]:
    """What does not fit, one problem for each place. `root` is the schema in which `$ref` is looked up."""
    schema = _resolve(schema, root)
    for part in schema.get("allOf", ()):
        yield from check_value(part, value, root, where)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices and (found := _choices(choices, value, root, where)):
        yield from found
        return
    wrong = _wrong(schema, value, root)
    if wrong:
        yield where, wrong
    elif isinstance(value, Mapping):
        yield from _object(schema, value, root, where)
    elif isinstance(value, list | tuple):
        yield from _array(schema, value, root, where)


def expected(schema: Schema, root: Schema) -> str:
    """What a schema wants, in words: `a whole number`, `one of 'a', 'b'`, `text or null`."""
    schema = _resolve(schema, root)
    if "const" in schema:
        return _show(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(_show(value) for value in schema["enum"])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(expected(choice, root) for choice in choices))
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]][1]
    kinds = schema.get("type", [])
    return " or ".join(_TYPES[kind][1] for kind in _list(kinds) if kind in _TYPES) or "a value"


def _resolve(schema: Schema, root: Schema) -> Schema:
    """Follow `#/definitions/Name` (or `$defs`); what stands beside the reference is kept."""
    for _ in range(20):
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        target: Any = root
        for part in reference[2:].split("/"):
            target = target.get(part, {}) if isinstance(target, Mapping) else {}
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return {}


def _choices(choices: list[Schema], value: Any, root: Schema, where: str) -> list[Problem]:
    """No problem when one of the choices fits; else the problems of the nearest one."""
    tries = [list(check_value(choice, value, root, where)) for choice in choices]
    if not all(tries):
        return []
    deeper = [found for found in tries if found[0][0] != where]
    if deeper:
        return deeper[0]
    if len([choice for choice in choices if _resolve(choice, root).get("type") != "null"]) == 1:
        return next(found for choice, found in zip(choices, tries, strict=True) if choice.get("type") != "null")
    return [(where, f"must be {expected({'anyOf': choices}, root)}, not {_show(value)}")]


def _wrong(schema: Schema, value: Any, root: Schema) -> str | None:
    """What is wrong with the value itself, or None."""
    if ("const" in schema and not _same(value, schema["const"])) or (
        "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"])
    ):
        return f"must be {expected(schema, root)}, not {_show(value)}"
    kinds = _list(schema.get("type", []))
    if kinds and not any(_is(kind, value) for kind in kinds):
        return f"must be {expected(schema, root)}, not {_show(value)}"
    if isinstance(value, str):
        return _wrong_text(schema, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _wrong_number(schema, value)
    return None


def _wrong_text(schema: Schema, value: str) -> str | None:
    if schema.get("format") in _FORMATS:
        read, words = _FORMATS[schema["format"]]
        try:
            read(value)
        except ValueError:
            return f"must be {words}, not {_show(value)}"
    if len(value) < schema.get("minLength", 0):
        return f"must have at least {schema['minLength']} characters, not {len(value)}"
    if len(value) > schema.get("maxLength", len(value)):
        return f"must have at most {schema['maxLength']} characters, not {len(value)}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"must match {schema['pattern']}, which {_show(value)} does not"
    return None


def _wrong_number(schema: Schema, value: float) -> str | None:
    for key, (words, holds) in _BOUNDS.items():
        if key in schema and not holds(value, schema[key]):
            return f"must be {words} {schema[key]:g}, not {_show(value)}"
    return None


def _object(schema: Schema, value: Mapping[str, Any], root: Schema, where: str) -> Iterator[Problem]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield _join(where, name), "is missing"
    others = schema.get("additionalProperties", True)
    for name, part in value.items():
        if name in known:
            yield from check_value(known[name], part, root, _join(where, name))
        elif others is False:
            yield _join(where, name), unknown_name(name, known)
        elif isinstance(others, Mapping):
            yield from check_value(others, part, root, _join(where, name))


def _array(schema: Schema, value: list[Any] | tuple[Any, ...], root: Schema, where: str) -> Iterator[Problem]:
    first = schema.get("prefixItems", ())
    rest = schema.get("items")
    for number, item in enumerate(value):
        wanted = first[number] if number < len(first) else rest
        if isinstance(wanted, Mapping):
            yield from check_value(wanted, item, root, f"{where}[{number}]")
    if len(value) < schema.get("minItems", 0):
        yield where, f"must have at least {schema['minItems']} items, not {len(value)}"
    if len(value) > schema.get("maxItems", len(value)):
        yield where, f"must have at most {schema['maxItems']} items, not {len(value)}"


def unknown_name(name: str, known: Mapping[str, Any], what: str = "parameters") -> str:
    """A problem: nothing is known by this name, but perhaps something near."""
    import difflib  # noqa: PLC0415 - 3 ms that only this message pays

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    if near:
        return f"is not known; did you mean {near[0]}?"
    return f"is not known; there is {', '.join(known)}" if known else f"is not known; there are no {what}"


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return kind not in _TYPES or isinstance(value, _TYPES[kind][0])


def _same(value: Any, allowed: Any) -> bool:
    """Equal, without True being 1."""
    return value == allowed and isinstance(value, bool) == isinstance(allowed, bool)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr) if not isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
