"""Messages between a worker and its zygote: JSON with its length in front, over a stream socket."""

import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["MAX_MESSAGE", "Unpacker", "pack"]

MAX_MESSAGE: Final = 16 * 1024 * 1024
"""Bytes. A length beyond this is no message of ours: the stream is broken."""

_LENGTH: Final = struct.Struct("!I")


def pack(message: Mapping[str, Any]) -> bytes:
    """A message as it goes over the socket."""
    body = json.dumps(message).encode()
    return _LENGTH.pack(len(body)) + body


class Unpacker:
    """Puts messages together again from whatever pieces the socket delivers."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The messages that are complete with `data`. Raises `ValueError` when the stream makes no sense."""
        self._waiting += data
        while len(self._waiting) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._waiting)
            if length > MAX_MESSAGE:
                raise ValueError(f"a message of {length} bytes was announced; the longest is {MAX_MESSAGE}")
            end = _LENGTH.size + length
            if len(self._waiting) < end:
                return
            body = bytes(self._waiting[_LENGTH.size : end])
            del self._waiting[:end]
            yield json.loads(body)
