"""A terminal that goes away, as when an ssh connection is lost: the workstation leaves, and takes its engine along.

Not every terminal sends a signal when it goes. Textual's writing thread ends with the error of the first write then,
and whoever waits for it waits for good: the process would stay, with a thread that reads nothing as fast as it can.
"""

import os
import sys
from collections.abc import Callable
from typing import IO, Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from flowtui.tui.key_reader import Ending, KeyReader
from flowtui.tui.lean_output import lean

__all__ = ["LeavingDriver"]


class _UntilGone:
    """A terminal's file: what is written takes few bytes. It is told of once when it cannot be written to, and then
    takes anything."""

    def __init__(self, file: IO[str], gone: Callable[[], None]) -> None:
        self._file, self._gone = file, gone
        self._is_gone = False

    def write(self, text: str) -> None:
        self._try(lambda: self._file.write(lean(text)))

    def flush(self) -> None:
        self._try(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def _try(self, act: Callable[[], object]) -> None:
        if self._is_gone:
            return
        try:
            act()
        except OSError:
            self._is_gone = True
            self._gone()


class LeavingDriver(LinuxDriver):
    """Has the application leave when its terminal is gone, as SIGHUP would."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file: Any = _UntilGone(self._file, self._leave)
        self.exit_event: Ending = Ending()

    def run_input_thread(self) -> None:
        KeyReader(self.fileno, self.exit_event, self.process_message, self._leave, debug=self._debug).run()

    def _leave(self) -> None:
        """Called in the thread that writes or in the one that reads. What is still to be written goes nowhere: Python
        would fail over it when it ends, with an exit code of its own."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in filter(None, (sys.__stdout__, sys.__stderr__)):
            os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._app.exit, None, 129)
