"""Whether an SQLite file is in WAL mode, which is asked without giving away the locks on it.

A process that opens such a file past SQLite and closes it loses all locks that its connections have there: POSIX wants
it so. The next process to close the store takes itself for the last one then, and removes the WAL that this one still
writes to. So a file is looked into before this process uses it, and never again.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flowtui.engine.store.forking import not_forked

__all__ = ["being_made", "is_in_wal_mode"]

_WAL: Final = b"\x02\x02"  # bytes 18 and 19: the versions that may write and read it

_lock: Final = threading.Lock()
_known: Final[dict[str, bool]] = {}
"""Files that this process may have open: whether they are in WAL mode, or only being made."""


def is_in_wal_mode(path: str) -> bool:
    """False for a file that is not there, or that nobody has put into WAL mode yet."""
    path = os.path.realpath(path)
    with not_forked(), _lock:
        if not os.path.exists(path):
            return False
        if path not in _known:
            if not _looks_so(path):
                return False
            _known[path] = True
        return _known[path]


@contextmanager
def being_made(path: str) -> Iterator[None]:
    """Within the block the file is put into WAL mode, and is in it afterwards."""
    path = os.path.realpath(path)
    before = _note(path, False)
    try:
        yield
    except BaseException:
        _note(path, before)
        raise
    _note(path, True)


def _note(path: str, value: bool | None) -> bool | None:
    """Note it, and answer with what was known before; None is nothing."""
    with not_forked(), _lock:
        before = _known.pop(path, None)
        if value is not None:
            _known[path] = value
        return before


def _looks_so(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(20)[18:] == _WAL
    except OSError:
        return False
