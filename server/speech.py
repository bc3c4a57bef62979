"""What a backend says about itself while it runs: lines on stderr, or in a file that stays small."""

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

__all__ = ["LOG_BYTES", "speak_into", "speak_up"]

LOG_BYTES: Final = 1_000_000
"""A backend's log file grows to this size; then it is put aside as `….1`, and the one before is dropped."""

_SHAPE: Final = "%(asctime)s.%(msecs)03d | %(levelname)-7s | %(message)s"


def speak_up() -> None:
    """To stderr, for a backend in somebody's terminal or under a service manager."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_SHAPE, "%H:%M:%S"))
    _install(handler)


def speak_into(file: Path) -> None:
    """To a file, together with everything else that this process writes to stdout or stderr."""
    handler = _Everything(file, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter(_SHAPE, "%Y-%m-%d %H:%M:%S"))
    handler.take_output()
    _install(handler)


class _Everything(RotatingFileHandler):
    """Keeps the process's own output in the same file when that is put aside: a last traceback is worth most."""

    def take_output(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        if self.stream is not None:
            for fd in (1, 2):
                os.dup2(self.stream.fileno(), fd)

    def doRollover(self) -> None:
        super().doRollover()
        self.take_output()


def _install(handler: logging.Handler) -> None:
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("flowtui.server").setLevel(logging.INFO)
