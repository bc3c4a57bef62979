"""The thread that reads keys, at rest while there are none.

Textual's own looks ten times a second, which took a sixth of all that idling costs. What there is to wait for besides
keys is short: an escape that nothing follows is a key of its own, so for a moment after input the parser is asked
whether what it holds has waited long enough.
"""

import os
import select
import sys
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from textual import constants
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.message import Message

__all__ = ["Ending", "KeyReader"]

_LOOK: Final = constants.ESCAPE_DELAY / 2
_LOOKS: Final = 4
"""How often, and how many times, the parser is asked after input: twice as long as it may hold an escape."""
_LAST: Final = 0.1
"""Seconds in which answers of the terminal may still come when it ends: a shell would take them for keys."""
_AT_ONCE: Final = 4096


class Ending(threading.Event):
    """An event that can be waited for together with files: its `fileno` can be read from while it is set."""

    def __init__(self) -> None:
        super().__init__()
        self._sleep_end, self._wake_end = os.pipe()
        os.set_blocking(self._sleep_end, False)

    def fileno(self) -> int:
        return self._sleep_end

    def set(self) -> None:
        super().set()
        os.write(self._wake_end, b".")

    def clear(self) -> None:
        super().clear()
        with suppress(BlockingIOError):
            os.read(self._sleep_end, 1024)


class KeyReader:
    """Reads a terminal until `ending` is set, and tells what was read, as Textual's messages.

    `gone` is called once when the terminal has gone away; then nothing is read any more.
    """

    def __init__(
        self, terminal: int, ending: Ending, tell: Callable[[Message], None], gone: Callable[[], None], *, debug: bool
    ) -> None:
        self._terminal, self._ending, self._tell, self._gone = terminal, ending, tell, gone
        self._parser = XTermParser(debug)
        self._decode = getincrementaldecoder("utf-8")("replace").decode

    def run(self) -> None:
        """Read until the end."""
        awaited, looks = (self._terminal, self._ending.fileno()), 0
        while not self._ending.is_set():
            if self._terminal not in select.select(awaited, [], [], _LOOK if looks else None)[0]:
                looks = max(looks - 1, 0)
            elif _has_hung_up(self._terminal):
                self._gone()
                self._ending.wait()
                return
            else:
                looks = _LOOKS
                self._take(self._read())
            self._hand_on(self._parser.tick())
        self._finish()

    def _read(self, *, final: bool = False) -> str:
        return self._decode(os.read(self._terminal, _AT_ONCE), final=final)

    def _take(self, text: str) -> None:
        """Half a character is no text yet, and none would be the end for the parser."""
        if text:
            self._hand_on(self._parser.feed(text))

    def _hand_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._tell(message)

    def _finish(self) -> None:
        if select.select([self._terminal], [], [], _LAST)[0]:
            self._take(self._read(final=True))
        with suppress(EOFError, ParseError):
            for _ in self._parser.feed(""):  # what is unfinished is no key
                pass


def _has_hung_up(terminal: int) -> bool:
    """Whether what can be read is the end. Elsewhere `poll` knows no terminals."""
    if sys.platform != "linux":
        return False
    found = select.poll()
    found.register(terminal, select.POLLIN)
    return any(event & (select.POLLHUP | select.POLLERR) for _, event in found.poll(0))
