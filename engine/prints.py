"""`print` inside runs that ask for it becomes a line of their log."""

import builtins
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

from flowtui.engine.context import leave
from flowtui.engine.errors import MissingContext
from flowtui.engine.logs import get_run_logger

__all__ = ["log_prints", "prints_logged", "restore_prints"]

_log_prints: ContextVar[bool] = ContextVar("flowtui_log_prints", default=False)
_print = builtins.print


def _print_or_log(*values: object, sep: str | None = " ", end: str | None = "\n", **kwargs: Any) -> None:
    """`print`, which becomes a log line inside runs that ask for it. Prints to a file stay prints."""
    if _log_prints.get() and kwargs.get("file") in (None, sys.stdout):
        try:
            logger = get_run_logger()
        except MissingContext:
            pass
        else:
            logger.info((sep if sep is not None else " ").join(map(str, values)), stacklevel=2)
            return
    _print(*values, sep=sep, end=end, **kwargs)


def log_prints(wanted: bool) -> Token[bool]:
    """From here on `print` writes to the log of the current run, or does not; undone by `restore_prints`."""
    if wanted and builtins.print is not _print_or_log:
        builtins.print = _print_or_log
    return _log_prints.set(wanted)


def restore_prints(token: Token[bool]) -> None:
    leave(_log_prints, token)


@contextmanager
def prints_logged(wanted: bool) -> Iterator[None]:
    """Within the block `print` writes to the log of the current run, or does not."""
    token = log_prints(wanted)
    try:
        yield
    finally:
        restore_prints(token)
