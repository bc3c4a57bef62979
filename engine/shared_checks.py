"""What variables, artifacts and limits may be called, and how large they may be. Pure."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from flowtui.engine.errors import ArtifactError, LimitError, VariableError
from flowtui.engine.names import check_name

__all__ = [
    "ARTIFACT_LIMIT",
    "artifact_key",
    "json_value",
    "limit_name",
    "limit_numbers",
    "variable_name",
    "variable_tags",
    "variable_text",
]

_VARIABLE: Final = re.compile(r"[a-z0-9_-]+")
_KEY: Final = re.compile(r"[a-z0-9-]+")
_LONGEST_NAME: Final = 255
_LONGEST_VALUE: Final = 5_000
ARTIFACT_LIMIT: Final = 10_000_000
"""Characters of JSON in one artifact."""


def variable_name(name: str) -> str:
    """The name. Raises `VariableError`."""
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise VariableError(
            f"{name!r} cannot name a variable: use up to {_LONGEST_NAME} lowercase letters, digits, dashes and "
            "underscores."
        )
    return name


def variable_text(name: str, value: Any) -> str:
    """The value as JSON text. Raises `VariableError` when it is no JSON value, or too large."""
    try:
        json.dumps(value, allow_nan=False)  # it knows fewer types than orjson, and neither NaN nor infinity
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError) as error:
        raise VariableError(f"The value of variable {name!r} cannot be kept as JSON: {error}.") from None
    if len(text) > _LONGEST_VALUE:
        raise VariableError(
            f"The value of variable {name!r} is {len(text)} characters of JSON; {_LONGEST_VALUE} is the most."
        )
    return text


def variable_tags(name: str, tags: Iterable[str]) -> list[str]:
    """The tags, sorted, each once. Raises `VariableError`."""
    given = list(tags)
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in given):
        raise VariableError(f"The tags of variable {name!r} are {tags!r}; give a list of texts.")
    return sorted(set(given))


def artifact_key(key: str | None) -> str | None:
    """The key. Raises `ArtifactError`."""
    if key is None or (isinstance(key, str) and _KEY.fullmatch(key) and len(key) <= _LONGEST_NAME):
        return key
    raise ArtifactError(
        f"{key!r} cannot be the key of an artifact: use up to {_LONGEST_NAME} lowercase letters, digits and dashes."
    )


def json_value(value: Any) -> Any:
    """The value as JSON can hold it: NaN and infinities become null, numbers of other libraries plain ones.

    Raises `ArtifactError` for what JSON cannot hold.
    """
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_value(item) for item in value]
    plain = getattr(value, "tolist", None) or getattr(value, "item", None)  # arrays and numbers of numpy and pandas
    if callable(plain):
        return json_value(plain())
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    try:
        return orjson.loads(orjson.dumps(value, default=str))
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"{value!r} cannot be part of an artifact: {error}.") from None


def limit_name(name: str) -> str:
    """The name of a limit, or a tag. Raises `UsageError`."""
    return check_name(name, "concurrency limit")


def limit_numbers(name: str, limit: int | None, decay: float | None) -> None:
    """Raises `LimitError` unless these can be the numbers of a limit."""
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit < 2**31):
        raise LimitError(f"The limit {name!r} cannot have {limit!r} slots; give a whole number, 0 or more.")
    if decay is not None and not (isinstance(decay, int | float) and 0 <= decay < math.inf):
        raise LimitError(f"The slots of {name!r} cannot decay by {decay!r} a second; give a number, 0 or more.")
