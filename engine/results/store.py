"""`ResultStore`: results kept under keys, in a place, by a serializer, and guarded by locks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowtui.engine.clock import utc_now
from flowtui.engine.errors import NotFound, ResultError, UsageError
from flowtui.engine.results.places import Folder, Place, place_of
from flowtui.engine.results.records import HEAD, RecordInfo, ResultRecord, head_of, pack, unpack, value_in
from flowtui.engine.results.serializers import Serializer, serializer_of

if TYPE_CHECKING:
    from flowtui.engine.caching.locks import LockManager

__all__ = ["KEYS", "ResultStore", "name_of_key", "read_back", "reference"]

KEYS = "cache/"
"""What the names of records under keys begin with."""


def name_of_key(key: str) -> str:
    """The name under which the record of a key is kept: any text is a key, and no key leads out of the place."""
    name = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
    return f"{KEYS}{name[:2]}/{name}"


class ResultStore:
    """Results under keys.

    `result_storage` is a `Path`, a URL, a saved block or its `type/name`; default: the folder `storage` of the home.
    `metadata_storage`, of the same kinds, keeps what is known of results apart from them. `serializer` is one, or its
    name; default: JSON for plain data, pickle for anything else.
    """

    def __init__(
        self,
        result_storage: Any = None,
        *,
        metadata_storage: Any = None,
        serializer: Serializer | str | None = None,
        lock_manager: "LockManager | None" = None,
    ) -> None:
        self._given = result_storage
        self._keys_given = metadata_storage
        self.serializer = None if serializer is None else serializer_of(serializer)
        self.lock_manager = lock_manager
        self._place: Place | None = None
        self._keys: Place | None = None

    @property
    def place(self) -> Place:
        """Where values are; opened at the first use. Raises `ResultError` when there is no such place."""
        if self._place is None:
            self._place = _opened(self._given)
        return self._place

    @property
    def keys_place(self) -> Place:
        """Where records are looked up."""
        if self._keys_given is None:
            return self.place
        if self._keys is None:
            self._keys = _opened(self._keys_given)
        return self._keys

    def is_local(self) -> bool:
        """Whether it reads and writes quickly: files of this machine."""
        given = (self._given, self._keys_given)
        return all(isinstance(place, Path | Folder | None) or str(place).startswith("file:") for place in given)

    # -- by key ---------------------------------------------------------------------------------------------------

    def write(
        self,
        value: Any,
        key: str,
        expiration: datetime | None = None,
        *,
        name: str | None = None,
        source: str = "",
        record_id: str | None = None,
    ) -> RecordInfo:
        """Keep a value under a key until it expires, in the file `name` of the place when that is given.

        Raises `ResultError` when it can be neither serialized nor written.
        """
        name = name_of_key(key) if name is None else name
        info, data = pack(
            key,
            value,
            serializer=self.serializer,
            created=utc_now(),
            expires=expiration,
            source=source,
            record_id=record_id,
        )
        self.place.write(name, data)
        if self._keys_given is not None:
            info = replace(info, pointer={"address": self.place.address, "name": name})
            self.keys_place.write(name_of_key(key), head_of(info))
        return info

    def read(self, key: str, *, name: str | None = None, now: datetime | None = None) -> ResultRecord:
        """The record under a key. Raises `NotFound` when there is none (any more), `ResultError` for one that cannot be
        read."""
        data = self.keys_place.read(self._lookup_name(key, name))
        if data is None:
            raise NotFound("kept result", key)
        info, payload = unpack(data)
        if not _counts(info, key, now or utc_now()):
            raise NotFound("kept result", key, "It has expired, or stands for another key by now.")
        if info.pointer is not None:
            payload = _pointed_at(info)
        return ResultRecord(info=info, value=value_in(info, payload))

    def exists(self, key: str, *, name: str | None = None, now: datetime | None = None) -> bool:
        """Whether there is a record under the key that has not expired. Does not read the value."""
        data = self.keys_place.read(self._lookup_name(key, name), limit=HEAD)
        if data is None:
            return False
        try:
            return _counts(unpack(data)[0], key, now or utc_now())
        except ResultError:
            return False

    def _lookup_name(self, key: str, name: str | None) -> str:
        return name_of_key(key) if name is None or self._keys_given is not None else name

    def delete(self, key: str) -> bool:
        """Forget the record under a key; True when there was one."""
        return self.keys_place.delete(name_of_key(key))

    def forget(self, name: str, info: RecordInfo) -> None:
        """Delete a record that `infos` has listed, and its value where that is kept apart. Raises `ResultError`."""
        self.keys_place.delete(name)
        if info.pointer is not None:
            _opened(info.pointer["address"]).delete(info.pointer["name"])

    def infos(self) -> Iterator[tuple[str, RecordInfo]]:
        """Every record under a key: its name in the place, and what is known of it. What is no record is left out."""
        for name in self.keys_place.names(KEYS):
            data = self.keys_place.read(name, limit=HEAD)
            try:
                info = None if data is None else unpack(data)[0]
            except ResultError:
                continue
            if info is not None:
                yield name, info

    # -- locks ----------------------------------------------------------------------------------------------------

    def acquire_lock(self, key: str, holder: str, timeout: float | None = None) -> bool:
        """Wait for the lock of a key. Raises `UsageError` when the store has no lock manager."""
        return self._locks().acquire_lock(key, holder, timeout)

    def release_lock(self, key: str, holder: str) -> None:
        """Give the lock of a key back. Raises `LockNotHeld`."""
        self._locks().release_lock(key, holder)

    def is_locked(self, key: str) -> bool:
        return self._locks().is_locked(key)

    def is_lock_holder(self, key: str, holder: str) -> bool:
        return self._locks().is_lock_holder(key, holder)

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        return self._locks().wait_for_lock(key, timeout)

    def _locks(self) -> "LockManager":
        if self.lock_manager is None:
            raise UsageError("This ResultStore has no locks. Give it a lock_manager, such as MemoryLockManager().")
        return self.lock_manager


def _opened(given: Any) -> Place:
    try:
        return place_of(given)
    except UsageError as error:  # a block that is not there any more, or does not open
        raise ResultError(f"results cannot be kept in {given!r}: {error}") from error


def _counts(info: RecordInfo, key: str, now: datetime) -> bool:
    """Whether a record stands for the key: the file of a `result_storage_key` may be of another one."""
    return not info.is_expired(now) and _same_key(info.key, key)


def _same_key(written: str, key: str) -> bool:
    plain = key.encode(errors="backslashreplace").decode()
    return written == plain or (written.endswith("…") and plain.startswith(written[:-1]))


def _pointed_at(info: RecordInfo) -> bytes:
    pointer = info.pointer or {}
    data = place_of(pointer["address"]).read(pointer["name"])
    if data is None:
        raise NotFound("kept result", info.key, "Its key is kept, but the result itself is gone.")
    there, payload = unpack(data)
    if there.id != info.id:
        raise NotFound("kept result", info.key, "Another result stands in its place.")
    return payload


# -- results of runs, found again by what their states say ------------------------------------------------------------


def reference(place: Place, name: str, info: RecordInfo) -> dict[str, Any]:
    """What a state says of where its result is kept, and what it looks like."""
    return {
        "address": place.address,
        "name": name,
        "id": info.id,
        "serializer": info.serializer["type"],
        "size": info.size,
        "preview": info.preview,
    }


def read_back(told: dict[str, Any]) -> Any:
    """The value that a `reference` leads to. Raises `ResultError` when it is not there any more or cannot be read."""
    data = place_of(told["address"]).read(told["name"])
    where = f"The result that was kept in {told['address']}"
    if data is None:
        raise ResultError(f"{where} is not there any more.")
    try:
        info, payload = unpack(data)
        if info.id != told["id"]:
            raise ResultError("another result stands in its place by now")
        return value_in(info, payload)
    except ResultError as error:
        raise ResultError(f"{where} cannot be read: {error}.") from error
