"""What is kept of a returned value: JSON beside its row when it is small and exact, a file when that was asked for."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import orjson

from flowtui.engine.errors import FlowtuiError

__all__ = ["KeptValue", "ResultFiles", "exact_json", "input_key"]

_INLINE_LIMIT: Final = 32_768
"""Bytes of JSON that are kept beside a row."""
_ITEMS_LIMIT: Final = 4_096
_INT_LIMIT: Final = 2**63


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


def input_key(parameters: dict[str, Any]) -> str | None:
    """A hash of arguments by which the same call is recognised; None when they are not exact JSON."""
    if not parameters:
        return "-"
    try:
        if not _is_exact(parameters, [_ITEMS_LIMIT]):
            return None
        return blake2b(orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
    except (TypeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptValue:
    """A value read back, and what is known of it."""

    value: Any
    created: datetime
    source: str
    """Who made it: the name of a task run."""


class ResultFiles:
    """Kept values as files: a line of JSON about the value, then the value, as JSON when that is exact, else pickled.

    Files appear whole or not at all. A pickle of another Python version is not read: it counts as not kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, key: str, value: Any, *, created: datetime, expires: datetime | None, source: str) -> None:
        """Keep a value under a key. Raises `FlowtuiError` when it can be neither pickled nor written."""
        text = exact_json(value, limit=1 << 30)
        codec, payload = ("json", text.encode()) if text is not None else ("pickle", _pickled(value, source))
        about = {
            "key": key.encode(errors="backslashreplace").decode(),
            "codec": codec,
            "python": _python(),
            "created": created,
            "expires": expires,
            "source": source.encode(errors="backslashreplace").decode(),
        }
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
                file.write(orjson.dumps(about, option=orjson.OPT_APPEND_NEWLINE))
                file.write(payload)
            Path(file.name).replace(path)
        except OSError as error:
            problem = f"The result of {source} could not be kept in {path.parent}: {error.strerror}."
            raise FlowtuiError(problem) from error

    def read(self, key: str, now: datetime) -> KeptValue | None:
        """The value under a key; None when there is none, it has expired, or it cannot be read (any more)."""
        try:
            line, _, payload = self._path(key).read_bytes().partition(b"\n")
            about = orjson.loads(line)
        except (OSError, ValueError):
            return None
        if about["expires"] is not None and datetime.fromisoformat(about["expires"]) <= now:
            return None
        decode = _decoder(about)
        if decode is None:
            return None
        try:
            value = decode(payload)
        except Exception:  # it was cut, or its class is not there any more: reading it may raise anything
            return None
        return KeptValue(value=value, created=datetime.fromisoformat(about["created"]), source=about["source"])

    def _path(self, key: str) -> Path:
        name = blake2b(key.encode(errors="backslashreplace"), digest_size=20).hexdigest()
        return self._folder / name[:2] / name


def _pickled(value: Any, source: str) -> bytes:
    import cloudpickle  # noqa: PLC0415 - 25 ms that only a kept value which is no JSON costs

    try:
        payload: bytes = cloudpickle.dumps(value)
    except Exception as error:  # pickling runs the value's own code, which may raise anything
        raise FlowtuiError(
            f"The result of {source} is a {type(value).__name__} and cannot be pickled ({error}), so it is not kept."
        ) from error
    return payload


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _decoder(about: dict[str, Any]) -> Callable[[bytes], Any] | None:
    if about["codec"] == "json":
        return orjson.loads
    if about["python"] != _python():
        return None
    import pickle  # noqa: PLC0415 - only for values that this user's own tasks have kept

    return pickle.loads
