"""A real pseudo-terminal with a program in it: what it writes, what the screen shows, and keys to press."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte

__all__ = ["Terminal"]


def _without_size(env: Mapping[str, str]) -> dict[str, str]:
    """COLUMNS and LINES would be believed more than the terminal itself; pytest's workers have them."""
    return {name: value for name, value in env.items() if name not in ("COLUMNS", "LINES")}


class Terminal:
    """Runs a command in a pseudo-terminal of the given size; use it as a context manager."""

    def __init__(
        self, command: Sequence[str], *, columns: int = 120, rows: int = 36, env: Mapping[str, str] | None = None
    ) -> None:
        self.raw = bytearray()
        """Everything that the program wrote."""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self._ends: tuple[int, ...] = (self._master, slave)
        self.process = subprocess.Popen(
            list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={
                **_without_size(env or os.environ),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "LANG": "C.UTF-8",
            },
            start_new_session=True,
        )

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *details: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """The terminal goes, and sends no signal: it is nobody's controlling terminal."""
        for end in self._ends:
            os.close(end)
        self._ends = ()

    def pump(self, seconds: float = 0.05) -> bytes:
        """Take in what the program writes within some seconds; answer with it."""
        got = b""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], left)
            if not ready:
                break
            try:
                part = os.read(self._master, 65536)
            except OSError:  # the other side was closed
                break
            if not part:
                break
            got += part
            self.raw += part
            self._stream.feed(part)
        return got

    def wait_for(self, condition: str | Callable[["Terminal"], bool], timeout: float = 50.0) -> float:
        """Until a text is on the screen, or a condition holds; answers with the seconds that took."""
        begun = time.monotonic()
        while time.monotonic() - begun < timeout:
            if self.text_has(condition) if isinstance(condition, str) else condition(self):
                return time.monotonic() - begun
            self.pump(0.02)
        raise AssertionError(f"waited {timeout:g} s for {condition!r}; the screen is:\n{self.text}")

    def text_has(self, words: str) -> bool:
        """Whether a text is on the screen."""
        return words in self.text

    @property
    def lines(self) -> list[str]:
        """The screen, line by line. Not `Screen.display`, which fails on a wide character that is half overwritten."""
        width = range(self.screen.columns)
        return [
            "".join(self.screen.buffer[row][column].data for column in width).rstrip()
            for row in range(self.screen.lines)
        ]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        self.process.send_signal(number)

    def wait_end(self, timeout: float = 50.0) -> int:
        """Until the program has ended; answers with its exit code."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            self.pump(0.02)
            if time.monotonic() > deadline:
                raise AssertionError(f"still running after {timeout:g} s; the screen is:\n{self.text}")
        self.pump(0.1)
        return self.process.returncode

    def modes(self) -> list[int]:
        """The line discipline as it is now, to compare with `before`."""
        return termios.tcgetattr(self._slave)
