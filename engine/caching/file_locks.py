"""Locks among the processes of one machine: files that the system unlocks when their holder dies, however it dies."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from flowtui.engine.caching.locks import AsyncVerbs, LockNotHeld, lease_end, pauses
from flowtui.engine.errors import FlowtuiError

__all__ = ["FileSystemLockManager"]


class FileSystemLockManager(AsyncVerbs):
    """Locks as files of a folder, among all processes that use it. The folder has to be on a disk that knows `flock`.

    Each lock is a file with an `flock` on it, which ends with its process. Whatever changes which file stands for a key
    happens under one more lock, of the folder, held for microseconds.
    """

    def __init__(self, lock_files_directory: Path | str) -> None:
        self.lock_files_directory = Path(lock_files_directory).expanduser().absolute()

    def acquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        """See `LockManager`. Raises `FlowtuiError` when the folder cannot be used."""
        for pause in pauses(acquire_timeout):
            if self._take(key, holder, hold_timeout):
                return True
            time.sleep(pause)
        return self._take(key, holder, hold_timeout)

    def release_lock(self, key: str, holder: str) -> None:
        """See `LockManager`."""
        path = self._path(key)
        with self._guarded():
            mine = _mine.get(path)
            if mine is None or mine[0] != holder or not _stands_for(mine[1], path):
                raise LockNotHeld(key, holder)
            path.unlink(missing_ok=True)
            _drop(path)

    def is_locked(self, key: str) -> bool:
        """See `LockManager`."""
        with self._guarded():
            return self._holder(self._path(key)) is not None

    def is_lock_holder(self, key: str, holder: str) -> bool:
        """See `LockManager`."""
        with self._guarded():
            return self._holder(self._path(key)) == holder

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """See `LockManager`."""
        for pause in pauses(timeout):
            if not self.is_locked(key):
                return True
            time.sleep(pause)
        return not self.is_locked(key)

    def _take(self, key: str, holder: str, hold_timeout: float | None) -> bool:
        """Have the lock now, or not at all."""
        path = self._path(key)
        with self._guarded():
            current = self._holder(path)
            if current not in (None, holder):
                return False
            if current is None:
                path.unlink(missing_ok=True)  # of a holder that is dead, or whose time has passed
                _drop(path)
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _mine[path] = (holder, descriptor)
            elif path not in _mine:
                return True  # another process of the same holder has it
            about = {"holder": holder, "pid": os.getpid(), "until": lease_end(hold_timeout, time.time())}
            descriptor = _mine[path][1]
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, orjson.dumps(about), 0)
            return True

    def _holder(self, path: Path) -> str | None:
        """Who holds it now: nobody when the file is not locked, or says that its time has passed."""
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            if _is_free(descriptor):
                return None
            about: dict[str, Any] = orjson.loads(os.read(descriptor, 1 << 16))
        finally:
            os.close(descriptor)
        until = about["until"]
        return None if until is not None and until <= time.time() else str(about["holder"])

    def _path(self, key: str) -> Path:
        name = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        return self.lock_files_directory / f"{name}.lock"

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Alone in the folder, among threads and processes."""
        with _guard:
            try:
                self.lock_files_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
                descriptor = os.open(self.lock_files_directory / "guard", os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                folder = self.lock_files_directory
                raise FlowtuiError(
                    f"Locks cannot be kept in {folder}: {error.strerror}. Give another folder."
                ) from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileSystemLockManager) and other.lock_files_directory == self.lock_files_directory

    def __hash__(self) -> int:
        return hash(self.lock_files_directory)


_guard = threading.Lock()
_mine: dict[Path, tuple[str, int]] = {}
"""The locks that this process holds: file → holder and descriptor."""


def _is_free(descriptor: int) -> bool:
    """Whether nobody has locked the file. Another descriptor of this process counts as somebody."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stands_for(descriptor: int, path: Path) -> bool:
    """Whether the path still leads to the file that is open; another one stands there after the lock was taken over."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _drop(path: Path) -> None:
    mine = _mine.pop(path, None)
    if mine is not None:
        os.close(mine[1])


def _forget_in_child() -> None:
    """A fork shares its parent's descriptors; were they left open in it, a lock would outlive its holder."""
    _guard.release()
    for path in list(_mine):
        _drop(path)


# No fork while a thread is in the guarded part: the child would hold the folder's lock for as long as it lives.
os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_forget_in_child)
