"""A kept result as bytes: a line of JSON that tells what it is, then the value as its serializer wrote it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from flowtui.engine.errors import ResultError, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.results.inline import is_exact
from flowtui.engine.results.previews import preview_of
from flowtui.engine.results.serializers import JSONSerializer, PickleSerializer, Serializer, serializer_of

__all__ = ["HEAD", "RecordInfo", "ResultRecord", "pack", "unpack", "value_in"]

HEAD = 65_536
"""How many bytes of a record are enough for its first line; keys and previews are cut to fit."""
_LONGEST_KEY = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInfo:
    """What is known of a kept result without reading its value."""

    id: str
    """Its own: what is written under the same name later has another."""
    key: str
    created: datetime
    source: str
    """Who made it: the name of a task run or of a flow run."""
    serializer: dict[str, Any]
    """How its serializer is made again."""
    size: int
    """Bytes of the value as it was written."""
    preview: str = ""
    expires: datetime | None = None
    pointer: dict[str, str] | None = None
    """Where the value is (`address`, `name`), when keys and results are kept apart."""

    @property
    def storage_key(self) -> str:
        """The key, by the name that the field gives it."""
        return self.key

    @property
    def expiration(self) -> datetime | None:
        """When it expires, by the name that the field gives it."""
        return self.expires

    def is_expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """A kept result that has been read."""

    info: RecordInfo
    value: Any

    @property
    def result(self) -> Any:
        """The value, by the name that the field gives it."""
        return self.value

    @property
    def metadata(self) -> RecordInfo:
        """The info, by the name that the field gives it."""
        return self.info

    @property
    def expiration(self) -> datetime | None:
        return self.info.expires

    @property
    def key(self) -> str:
        return self.info.key


def pack(
    key: str,
    value: Any,
    *,
    serializer: Serializer | None,
    created: datetime,
    expires: datetime | None = None,
    source: str = "",
    record_id: str | None = None,
) -> tuple[RecordInfo, bytes]:
    """A record of the value: what is known of it, and its bytes.

    Without a serializer, plain data is written as JSON and anything else pickled. Raises `ResultError`, which says what
    cannot be written and why.
    """
    chosen = serializer or (JSONSerializer() if _is_plain(value) else PickleSerializer())
    try:
        payload = chosen.dumps(value)
        spec = chosen.spec()
    except Exception as error:  # serializing runs the value's own code, which may raise anything
        how = "pickled" if chosen.type.endswith("pickle") else f"written by the {chosen.type!r} serializer"
        raise ResultError(f"it is a {type(value).__name__} and cannot be {how} ({error})") from error
    info = RecordInfo(
        id=record_id or new_id(),
        key=key,
        created=created,
        source=source,
        serializer=spec,
        size=len(payload),
        preview=preview_of(value),
        expires=expires,
    )
    return info, head_of(info) + payload


def _is_plain(value: Any) -> bool:
    try:
        return is_exact(value)
    except RecursionError:
        return False


def head_of(info: RecordInfo) -> bytes:
    """The first line of a record."""
    return orjson.dumps(
        {
            "id": info.id,
            "key": _writable(info.key),
            "created": info.created,
            "expires": info.expires,
            "source": _writable(info.source),
            "serializer": info.serializer,
            "size": info.size,
            "preview": _writable(info.preview),
            "pointer": info.pointer,
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def unpack(data: bytes) -> tuple[RecordInfo, bytes]:
    """What is known of a record, and the bytes of its value, as far as they were read. Raises `ResultError`."""
    line, _, payload = data.partition(b"\n")
    try:
        told = orjson.loads(line)
        expires = told["expires"]
        info = RecordInfo(
            id=told["id"],
            key=told["key"],
            created=datetime.fromisoformat(told["created"]),
            source=told["source"],
            serializer=told["serializer"],
            size=told["size"],
            preview=told["preview"],
            expires=None if expires is None else datetime.fromisoformat(expires),
            pointer=told["pointer"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ResultError("what is kept there is no record of a result") from error
    return info, payload


def value_in(info: RecordInfo, payload: bytes) -> Any:
    """The value of a record. Raises `ResultError`, which says why it cannot be read."""
    if len(payload) != info.size:
        raise ResultError(f"it was cut: {len(payload)} of {info.size} bytes are there")
    try:
        return serializer_of(info.serializer).loads(payload)
    except (ResultError, UsageError) as error:
        raise ResultError(str(error)) from error
    except Exception as error:  # reading runs the value's own code, which may raise anything
        raise ResultError(f"it cannot be read ({type(error).__name__}: {error})") from error


def _writable(text: str) -> str:
    """The text as JSON can hold it, and short enough that the first line stays a head."""
    plain = text.encode(errors="backslashreplace").decode()
    return plain if len(plain) <= _LONGEST_KEY else f"{plain[:_LONGEST_KEY]}…"
