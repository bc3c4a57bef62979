"""`flowtui`: the workstation."""

import os
import sys
from pathlib import Path

from flowtui.engine.errors import UsageError
from flowtui.engine.settings import current_settings
from flowtui.tui.launch import open_workstation, why_no_terminal

__all__ = ["need_terminal", "workstation"]


def workstation(*, folder: Path | None = None, everywhere: bool = False) -> int:
    """Open the full-screen workstation; with `everywhere`, on the runs of all profiles. Raises `UsageError`."""
    return open_workstation(folder=folder, read_only=current_settings().read_only, everywhere=everywhere)


def need_terminal() -> None:
    """Raise `UsageError` where the workstation cannot be drawn, for commands that do something before they open it."""
    streams = {"standard input": sys.stdin, "standard output": sys.stdout, "standard error": sys.stderr}
    trouble = why_no_terminal(streams, os.environ.get("TERM"))
    if trouble is not None:
        raise UsageError(trouble)
