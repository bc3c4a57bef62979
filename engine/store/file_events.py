"""Hear from the system when a file was written to, where it tells (inotify, on Linux).

One instance for a process, as a user may have 128 in all, and one thread that sleeps until something is written. It is
called by `ctypes`: the packages that wrap it look for the C library by running other programs.
"""

import os
import select
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

__all__ = ["FileEvents", "file_events"]

_IN_MODIFY: Final = 0x2
_EVENT: Final = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows
_SOON: Final = 0.002
_AGAIN: Final = (0.0, 0.01, 0.04, 0.16)
"""Seconds: what is written counts only when its writer has done more, such as to wait for the disk. Who listens looks
as many times, unless it has found what it looks for, or more is written meanwhile."""
_APART: Final = 0.025
"""Between two looks, however much is written."""


class FileEvents:
    """Calls back, in a thread of its own, soon after a file was written to by any process."""

    _descriptor: int | None = None

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """As it is at first, and in a copy of the process, which has no such thread: nobody listens."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._lock = threading.Lock()
        self._descriptor = None
        self._calls: dict[int, tuple[Callable[[], bool], ...]] = {}

    def listen(self, path: str, call: Callable[[], bool]) -> Callable[[], None] | None:
        """Have `call` called after each write to `path`, a few times until it answers True; it must be quick and raise
        nothing. Answers with how to end that, or None where the system does not tell: it has no inotify, none left, or
        no such file."""
        with self._lock:
            watch = self._watch(path)
            if watch is None:
                return None
            self._calls[watch] = (*self._calls.get(watch, ()), call)

        def end() -> None:
            with self._lock:
                left = tuple(other for other in self._calls.pop(watch, ()) if other is not call)
                if left:
                    self._calls[watch] = left
                elif self._descriptor is not None:
                    _system().inotify_rm_watch(self._descriptor, watch)

        return end

    def _watch(self, path: str) -> int | None:
        if sys.platform != "linux":
            return None
        system = _system()
        if self._descriptor is None:
            descriptor = system.inotify_init1(os.O_CLOEXEC)
            if descriptor < 0:
                return None
            self._descriptor = descriptor
            threading.Thread(target=self._run, args=(descriptor,), name="flowtui-files", daemon=True).start()
        watch = system.inotify_add_watch(self._descriptor, os.fsencode(path), _IN_MODIFY)
        return watch if watch >= 0 else None

    def _run(self, descriptor: int) -> None:
        looks: dict[int, list[float]] = {}
        """By watch: when to call, the next first."""
        called: dict[int, float] = {}
        while True:
            written = _written(descriptor, wait=not looks)
            now = time.monotonic()
            for watch in written:
                # A look that is due is not put off, or it would never come while more and more is written.
                soon = min([now + _SOON, *looks.get(watch, [])[:1]])
                first = max(soon, called.get(watch, 0.0) + _APART)
                looks[watch] = [first + later for later in _AGAIN]
            for watch in [watch for watch, times in looks.items() if times[0] <= now]:
                called[watch] = now
                looks[watch] = [then for then in looks[watch] if then > now]
                found = [call() for call in self._calls.get(watch, ())]
                if all(found) or not looks[watch]:
                    del looks[watch]
            if looks:
                time.sleep(max(min(times[0] for times in looks.values()) - time.monotonic(), 0.0))


def _system() -> Any:
    """The C library, as it is loaded in this process."""
    import ctypes  # noqa: PLC0415 - 2 ms, for those who stay

    return ctypes.CDLL(None)


def _written(descriptor: int, *, wait: bool) -> set[int]:
    """The watches of the files that were written to since the last call; with `wait`, once there are any."""
    if not wait:
        ready = select.poll()  # not `select`, which knows no descriptor above 1023
        ready.register(descriptor, select.POLLIN)
        if not ready.poll(0):
            return set()
    data, start, found = os.read(descriptor, 65_536), 0, set()
    while start < len(data):
        watch, _mask, _cookie, length = _EVENT.unpack_from(data, start)
        found.add(watch)
        start += _EVENT.size + length
    return found


file_events: Final = FileEvents()
"""This process's own."""

os.register_at_fork(after_in_child=file_events.renew)
