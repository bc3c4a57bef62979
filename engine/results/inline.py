"""Values as JSON beside their rows: only when they are small, and come back exactly as they were."""

import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson

__all__ = ["exact_json", "input_key", "is_exact"]

_INLINE_LIMIT: Final = 32_768
"""Bytes of JSON that are kept beside a row."""
_ITEMS_LIMIT: Final = 4_096
_INT_LIMIT: Final = 2**63
_ENDLESS: Final = 1 << 62


def exact_json(value: Any, limit: int = _INLINE_LIMIT) -> str | None:
    """The value as JSON, when reading it back gives exactly the same value and it is not too large; else None.

    Exact are None, bool, str, int of 64 bits, finite float, and list and dict (with text keys) of these: no tuple,
    no subclass, no NaN.
    """
    try:
        if not _is_exact(value, [_ITEMS_LIMIT]):
            return None
        text = orjson.dumps(value)
    except (TypeError, RecursionError):  # a lone surrogate, or nested too deeply
        return None
    return text.decode() if len(text) <= limit else None


def is_exact(value: Any) -> bool:
    """Whether JSON could hold exactly this value, however large it is. Raises `RecursionError` for one without end."""
    return _is_exact(value, [_ENDLESS])


def _is_exact(value: Any, room: list[int]) -> bool:
    """Walk the value; `room` counts down, so that a huge value costs no more than a small one."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return True
    if kind is int:
        return bool(-_INT_LIMIT <= value < _INT_LIMIT)
    if kind is float:
        return math.isfinite(value)
    if kind is not list and kind is not dict:
        return False
    room[0] -= len(value)
    if room[0] < 0:
        return False
    if kind is list:
        return all(_is_exact(item, room) for item in value)
    return all(type(key) is str and _is_exact(item, room) for key, item in value.items())


def input_key(parameters: Mapping[str, Any]) -> str | None:
    """A hash of arguments by which the same call is recognised; None when they are large, or no data."""
    if not parameters:
        return "-"
    try:
        if _is_exact(parameters, [_ITEMS_LIMIT]):
            return blake2b(orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
    except (TypeError, RecursionError):  # a lone surrogate, or nested too deeply
        pass
    from flowtui.engine.caching.data_hash import hash_of_data  # noqa: PLC0415 - 3 ms that JSON arguments do not need

    found = hash_of_data(dict(parameters), _ITEMS_LIMIT)
    return None if found is None else found.hex()
