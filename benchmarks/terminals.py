"""The workstation in a pseudo-terminal, for the benchmarks that measure what a person sees."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.side_by_side import FLOWTUI

__all__ = ["SIZE", "Workstation"]

SIZE: Final = (36, 120)
"""Rows and columns."""
_PATIENCE = 15.0
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?<>=$]*[a-zA-Z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78])")


class Workstation:
    """`flowtui` on the store of a home, or another `command`; a context manager that ends it. `written` is all that it
    wrote so far."""

    def __init__(self, home: Path, *arguments: str, command: str = FLOWTUI.command, **environment: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        env = FLOWTUI.environment(home) | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self.written = bytearray()
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [command, *arguments],
            env=env | environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=home,
        )
        os.close(slave)

    def __enter__(self) -> "Workstation":
        return self

    def __exit__(self, *details: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                self.process.kill()
            self._read(0.05)
        self.process.wait()
        os.close(self._master)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, seen: Callable[[bytes], bool], what: str) -> float:
        """Read until what was written from now on, without its escapes, holds something; answers with the seconds."""
        begun, start = time.perf_counter(), len(self.written)
        while not seen(self.text(start)):
            if time.perf_counter() - begun > _PATIENCE or self.process.poll() is not None:
                raise SystemExit(f"no {what} within {_PATIENCE:g} s; written was:\n{self.text(start).decode()}")
            self._read(0.1)
        return time.perf_counter() - begun

    def first_byte(self) -> float:
        """Seconds until it writes anything."""
        begun, start = time.perf_counter(), len(self.written)
        while len(self.written) == start and time.perf_counter() - begun < _PATIENCE:
            self._read(0.1)
        return time.perf_counter() - begun

    def settle(self, quiet: float = 0.15) -> None:
        """Read until nothing comes for a while."""
        while self._read(quiet):
            pass

    def pump(self, seconds: float) -> int:
        """Read for so long; answers with the number of bytes."""
        start, deadline = len(self.written), time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self._read(left)
        return len(self.written) - start

    def text(self, start: int = 0) -> bytes:
        """What was written since, without escapes."""
        return _ESCAPES.sub(b"", bytes(self.written[start:]))

    def _read(self, patience: float) -> bool:
        if not select.select([self._master], [], [], patience)[0]:
            return False
        try:
            self.written += os.read(self._master, 65536)
        except OSError:  # it has ended
            return False
        return True
