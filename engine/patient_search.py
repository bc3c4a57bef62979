"""Regular expressions that may take for ever, tried in a process of their own, which ends when they take too long.

Python's `re` cannot be interrupted, and nothing else goes on in a process while it tries: a single line can hold
everything for hours. The child is started when it is first needed (about 40 ms), and ends when nobody asks for a
minute. Asking it costs half a microsecond a line more than asking `re` here.
"""

import atexit
import contextlib
import marshal
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from flowtui.engine.log_patterns import TakesTooLong

__all__ = ["find_each", "spans_of"]

_CHILD: Final = str(Path(__file__).with_name("patient_child.py"))
_GOING_SECONDS: Final = 0.5
_SIZE: Final = struct.Struct("<Q")


def find_each(pattern: str, flags: int, texts: Sequence[str], seconds: float) -> bytes:
    """A byte for each text: 1 when the pattern is found in it. `seconds` of the processor are for all of them.

    Raises `TakesTooLong`.
    """
    found: bytes = _child.ask(("find", pattern, flags, list(texts), seconds))
    return found


def spans_of(pattern: str, flags: int, text: str, seconds: float) -> list[tuple[int, int]]:
    """Where the pattern is found in a text. For what is drawn: it waits for no search. Raises `TakesTooLong`."""
    found: list[tuple[int, int]] = _drawing.ask(("spans", pattern, flags, text, seconds))
    return found


class _Child:
    """Who asks while another is answered waits. A process that was forked has one of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        atexit.register(self.end)

    def ask(self, question: tuple[Any, ...]) -> Any:
        data = marshal.dumps(question)
        with self._lock:
            process = self._processes.get(os.getpid())
            answer = self._answer(process, data) if process is not None else None
            if answer is None:  # it was not there yet, or has gone because nobody asked
                answer = self._answer(self._started(), data)
            if answer is None:
                raise TakesTooLong  # whatever ended it: nothing is found that way
            return marshal.loads(answer)  # noqa: S302 - from our own child

    def _started(self) -> "subprocess.Popen[bytes]":
        process = self._processes[os.getpid()] = subprocess.Popen(
            [sys.executable, "-I", "-S", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt in the terminal is not meant for it
        )
        return process

    def _answer(self, process: "subprocess.Popen[bytes]", data: bytes) -> bytes | None:
        """None when it has ended. Raises `TakesTooLong` when its time was over."""
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(_SIZE.pack(len(data)) + data)
            process.stdin.flush()
            return _read(process.stdout)
        except (OSError, EOFError):
            self.end()
            if process.returncode == -signal.SIGPROF:
                raise TakesTooLong from None
            return None

    def end(self) -> None:
        """End the process, if there is one."""
        process = self._processes.pop(os.getpid(), None)
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        process.stdout.close()
        with contextlib.suppress(OSError):  # what it did not read any more
            process.stdin.close()
        try:
            process.wait(_GOING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read(stream: IO[bytes]) -> bytes:
    head = stream.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    body = stream.read(_SIZE.unpack(head)[0])
    if len(body) < _SIZE.unpack(head)[0]:
        raise EOFError
    return body


_child: Final = _Child()
_drawing: Final = _Child()
