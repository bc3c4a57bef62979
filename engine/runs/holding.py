"""Which runs this process holds, written where other processes of this machine can read it without our help.

A thread that renews leases stands still while user code holds the interpreter. What is written here stays readable, as
long as the process lives: it is a file in memory, which goes with its process. Only Linux has such files; elsewhere
nothing is written and nobody is found.
"""

import os
import socket
import zlib
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

__all__ = ["held_by", "note_held", "process_owner"]

_NAME: Final = "flowtui-held"
_MOST_BYTES: Final = 1 << 20
_STANDING_STILL: Final = ("T", "t", "Z", "X")
"""Stopped, traced, ended and not collected, gone: the states in /proc of a process that does not go on."""

_owner: tuple[int, str] | None = None
_file: tuple[int, int] | None = None
"""Whose file it is, since a fork has that of its parent, and the file."""


def process_owner() -> str:
    """The name under which this process owns runs: `host:pid:token`."""
    global _owner
    if _owner is None or _owner[0] != os.getpid():
        _owner = (os.getpid(), f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}")
    return _owner[1]


def note_held(run_ids: Iterable[str]) -> None:
    """These runs, and no others, are under way in this process. Takes 5 µs."""
    global _file
    if not hasattr(os, "memfd_create"):
        return
    if _file is None or _file[0] != os.getpid():
        if _file is not None:
            os.close(_file[1])  # our parent's
        _file = (os.getpid(), os.memfd_create(_NAME, os.MFD_CLOEXEC))
    words = " ".join((process_owner(), *run_ids)).encode()
    # A reader does not wait for the writer, and can tell from this whether it saw all of one note.
    os.pwrite(_file[1], b"%08x%08x" % (len(words), zlib.crc32(words)) + words, 0)


def held_by(owner: str) -> frozenset[str]:
    """The runs that a process of this machine has under way. None when it has ended or was stopped, when it is one of
    another machine, or of a user whose processes we may not look at."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdecimal() or _stands_still(pid):
        return frozenset()
    for _ in range(3):  # it may be writing just now
        words = _read(f"/proc/{pid}/fd")
        if words is not None:
            return frozenset(words[1:]) if words[:1] == [owner] else frozenset()
    return frozenset()


def _stands_still(pid: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in _STANDING_STILL
    except OSError:
        return True


def _read(folder: str) -> list[str] | None:
    """The words of a process's note; none when it has no note, None when it was being written."""
    with suppress(OSError):
        for name in os.listdir(folder):
            path = f"{folder}/{name}"
            if os.readlink(path).startswith(f"/memfd:{_NAME}"):
                with open(path, "rb") as file:
                    return _parse(file.read(_MOST_BYTES))
    return []


def _parse(data: bytes) -> list[str] | None:
    words = data[16 : 16 + int(data[:8] or b"0", 16)]
    return words.decode().split() if data[8:16] == b"%08x" % zlib.crc32(words) else None
