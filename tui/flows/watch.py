"""Follows the files of a folder in a thread, by their times of change, at a cost of under 1 % of a core."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flowtui.engine.deployments.surveying import FolderSurvey, Survey

__all__ = ["FolderWatch"]

_LEAST: Final = 1.0
"""Seconds between two looks, at least."""
_REST: Final = 200.0
"""A look is followed by so many times its own length of rest: half a percent of a core."""


class FolderWatch:
    """Tells, in its own thread, what a folder holds: at once, and whenever that has changed.

    It only looks while it is awake, which it is from the start.
    """

    def __init__(self, folder: Path, tell: Callable[[Survey], None]) -> None:
        self._survey, self._tell = FolderSurvey(folder), tell
        self._awake = threading.Event()
        self._awake.set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flowtui-folder", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def sleep(self) -> None:
        """Do not look until `wake`."""
        self._awake.clear()

    def wake(self) -> None:
        """Go on looking."""
        self._awake.set()

    def stop(self) -> None:
        """End the thread; it says nothing any more."""
        self._stop.set()
        self._awake.set()

    def _run(self) -> None:
        last: Survey | None = None
        while not self._stop.is_set():
            self._awake.wait()
            began = time.thread_time()
            survey = self._survey.look()
            spent = time.thread_time() - began
            rest = max(_LEAST, spent * _REST)
            if survey != last and not self._stop.is_set():
                last = survey
                self._tell(survey)
                rest = _LEAST  # what was read now need not be read again: the next look is the usual one
            self._stop.wait(rest)
