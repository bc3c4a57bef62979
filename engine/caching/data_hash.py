"""Hash arguments that nobody asked to be hashed: small data only, of which no code is called."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from flowtui.engine.caching.arrays import is_table
from flowtui.engine.caching.hashing import Unhashable, Walk

__all__ = ["hash_of_data"]


def hash_of_data(value: Any, budget: int) -> bytes | None:
    """`stable_hash` for values that nobody asked to be hashed: of small data only, of which no code is called.

    None for anything else: for other objects, and for values of more than `budget` parts, or of so many kilobytes.
    """
    digest = blake2b(digest_size=20)
    try:
        _DataWalk(digest.update, budget).write(value)
    except Exception:  # it is no data, too large, or has properties that raise: a run must not fail of this
        return None
    return digest.digest()


class _DataWalk(Walk):
    """A walk that goes into plain data only, and not far."""

    def __init__(self, write: Callable[[bytes], None], budget: int) -> None:
        super().__init__(write)
        self._parts = self._kilobytes = budget

    def _sized(self, kind: bytes, data: bytes) -> None:
        self._parts -= 1
        self._kilobytes -= len(data) >> 10
        if self._parts < 0 or self._kilobytes < 0:
            raise Unhashable("value", "it is too large")
        super()._sized(kind, data)

    def _many(self, kind: bytes, items: Iterable[Any], count: int) -> None:
        self._parts -= 1
        if count > self._parts:
            raise Unhashable("value", "it is too large")
        super()._many(kind, items, count)

    def _code(self, value: Any) -> None:
        if not isinstance(value, type):
            raise Unhashable(type(value).__name__, "it is no data")
        super()._code(value)

    def _object(self, value: Any) -> None:
        if is_table(value) and value.size > self._parts:  # not even taken to pieces
            raise Unhashable(type(value).__name__, "it is too large")
        super()._object(value)

    def _reduced(self, value: Any) -> None:
        if not isinstance(value, _DATA):
            raise Unhashable(type(value).__name__, "it is no data")
        super()._reduced(value)

    def _pickled(self, value: Any) -> None:
        raise Unhashable(type(value).__name__, "it is no data")


_DATA: Final = (date, time, timedelta, tzinfo, Decimal, Fraction, UUID, PurePath, OrderedDict, deque)
