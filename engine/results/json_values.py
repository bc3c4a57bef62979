"""Any data as JSON, and back exactly as it was: what JSON cannot say is written as `{"__class__": …, "data": …}`."""

import base64
import math
import sys
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from importlib import import_module
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

__all__ = ["decoded", "encoded", "named", "place_of_name"]

_CLASS: Final = "__class__"
_EXACT: Final = 2**53
"""Larger integers are rounded by most readers of JSON."""
_Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def encoded(value: Any) -> Any:
    """The value in lists, dictionaries with text keys, and what JSON has besides. Raises `TypeError`."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_EXACT <= value <= _EXACT else _tagged(kind, hex(value))
    if kind is float:
        return value if math.isfinite(value) else _tagged(kind, repr(value))
    if kind is list:
        return [encoded(item) for item in value]
    if kind is dict:
        if _CLASS not in value and all(type(key) is str for key in value):
            return {key: encoded(item) for key, item in value.items()}
        return _tagged(kind, [[encoded(key), encoded(item)] for key, item in value.items()])
    return _tagged(kind, _data(value, kind))


def decoded(value: Any) -> Any:
    """The inverse. Raises `TypeError`, `ValueError`, or what the classes that it names raise."""
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _CLASS not in value:
        return {key: decoded(item) for key, item in value.items()}
    return _made(place_of_name(value[_CLASS]), value["data"])


def named(thing: Any) -> str:
    """`module:qualified.name`. Raises `TypeError` for what cannot be found again by it."""
    name = f"{thing.__module__}:{thing.__qualname__}"
    try:
        found = place_of_name(name)
    except TypeError:
        found = None
    if found is not thing:
        raise TypeError(f"{thing.__qualname__} is not found in its module by that name")
    return name


def place_of_name(name: str) -> Any:
    """What `named` named. Raises `TypeError` when it is not there."""
    module, _, path = name.partition(":")
    try:
        found: Any = sys.modules.get(module) or import_module(module)
        for step in path.split("."):
            found = getattr(found, step)
    except (ImportError, AttributeError, ValueError) as error:
        raise TypeError(f"{name} cannot be imported: {error}") from error
    return found


def _tagged(kind: type, data: Any) -> dict[str, Any]:
    return {_CLASS: named(kind), "data": data}


def _data(value: Any, kind: type) -> Any:
    """What makes up a value of a kind that JSON does not have."""
    pair = _pair(kind)
    if pair is not None:
        return pair[0](value)
    raise TypeError(f"a {kind.__name__} cannot be written as JSON")


def _made(kind: Any, data: Any) -> Any:
    """A value of that kind again. Kinds that are no data are not called: a JSON text must not run any code it likes."""
    pair = _pair(kind) if isinstance(kind, type) else None
    if pair is None:
        raise TypeError(f"{kind!r} is no kind of data")
    return pair[1](data)


def _pair(kind: Any) -> _Pair | None:
    """How a kind is written and made."""
    if kind in _KINDS:
        return _KINDS[kind]
    if issubclass(kind, Enum):
        return lambda value: encoded(value.value), lambda data: kind(decoded(data))
    if _is_model(kind):
        return _of_model(kind)
    if is_dataclass(kind):
        return _of_fields, lambda data: _dataclass_made(kind, decoded(data))
    if issubclass(kind, PurePath):
        return str, kind
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _items, lambda data: kind(*decoded(data))
    if issubclass(kind, BaseException):
        return lambda value: _items(value.args), lambda data: kind(*decoded(data))
    for base in (str, int, float):
        if issubclass(kind, base):
            return lambda value, base=base: encoded(base(value)), lambda data: kind(decoded(data))
    return None


def _items(value: Any) -> list[Any]:
    return [encoded(item) for item in value]


def _of_fields(value: Any) -> dict[str, Any]:
    return {field.name: encoded(getattr(value, field.name)) for field in fields(value)}


def _dataclass_made(kind: Any, values: Mapping[str, Any]) -> Any:
    made = object.__new__(kind)
    for field in fields(kind):  # not by __init__: it may take other arguments, or change them
        object.__setattr__(made, field.name, values[field.name])
    return made


def _is_model(kind: type) -> bool:
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and issubclass(kind, pydantic.BaseModel)


def _of_model(kind: Any) -> _Pair:
    """A model by its fields, whatever their aliases are; reading it validates it."""

    def data(value: Any) -> dict[str, Any]:
        values = {name: getattr(value, name) for name in kind.model_fields}
        return {name: encoded(item) for name, item in {**values, **(value.model_extra or {})}.items()}

    return data, lambda found: kind.model_validate(decoded(found), by_name=True)


def _instant_data(value: Any) -> Any:
    """A named time zone is kept with its name: an offset would not know the next change of the clocks."""
    zone = getattr(value.tzinfo, "key", None)
    if zone is None and not value.fold:
        return value.isoformat()
    return [value.isoformat() if zone is None else value.replace(tzinfo=None).isoformat(), zone, value.fold]


def _instant_made(kind: Any) -> Callable[[Any], Any]:
    def made(data: Any) -> Any:
        if isinstance(data, str):
            return kind.fromisoformat(data)
        text, zone, fold = data
        found = kind.fromisoformat(text).replace(fold=fold)
        if zone is None:
            return found
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - 3 ms that only named time zones cost

        return found.replace(tzinfo=ZoneInfo(zone))

    return made


def _collection(kind: Any) -> _Pair:
    return _items, lambda data: kind(decoded(data))


def _text(kind: Any) -> _Pair:
    return str, kind


def _bytes(kind: Any) -> _Pair:
    return lambda value: base64.b64encode(value).decode(), lambda data: kind(base64.b64decode(data))


def _mapping(kind: Any) -> _Pair:
    return (
        lambda value: [[encoded(key), encoded(item)] for key, item in value.items()],
        lambda data: kind({decoded(key): decoded(item) for key, item in data}),
    )


_KINDS: Final[Mapping[type, _Pair]] = {
    tuple: _collection(tuple),
    set: _collection(set),
    frozenset: _collection(frozenset),
    deque: _collection(deque),
    dict: _mapping(dict),
    OrderedDict: _mapping(OrderedDict),
    Counter: _mapping(Counter),
    float: (repr, float),
    int: (hex, lambda data: int(data, 16)),
    bytes: _bytes(bytes),
    bytearray: _bytes(bytearray),
    complex: (lambda value: [repr(value.real), repr(value.imag)], lambda data: complex(*map(float, data))),
    Decimal: _text(Decimal),
    Fraction: _text(Fraction),
    UUID: _text(UUID),
    datetime: (_instant_data, _instant_made(datetime)),
    date: (date.isoformat, date.fromisoformat),
    time: (_instant_data, _instant_made(time)),
    timedelta: (lambda value: [value.days, value.seconds, value.microseconds], lambda data: timedelta(*data)),
}
