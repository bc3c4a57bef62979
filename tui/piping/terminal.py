"""Programs that need the real terminal: the workstation steps aside, and comes back as it was."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from textual.app import App, SuspendNotSupported

from flowtui.engine.errors import UsageError

__all__ = ["run_in_terminal"]


def run_in_terminal(
    app: App[Any],
    command: Sequence[str] | str,
    env: Mapping[str, str] | None = None,
    *,
    cwd: str | None = None,
    pause: bool = False,
) -> int:
    """Run a command (a string by the shell) in the terminal, and answer with its exit code.

    The workstation does nothing meanwhile: the terminal is the command's. With `pause` its output stays until enter is
    pressed. Raises `UsageError` where the terminal cannot be lent, or there is no such command.
    """
    whole = {**os.environ, **(env or {})}
    code, trouble = 127, ""
    try:
        # Nothing may be raised within: the workstation would not come back.
        with app.suspend(), _interrupts_are_its_own():
            try:
                shell = isinstance(command, str)
                code = subprocess.run(command, shell=shell, env=whole, cwd=cwd, check=False).returncode
            except OSError as error:
                name = command if isinstance(command, str) else command[0]
                trouble = f"{name} cannot be started: {error.strerror}."
            if pause and not trouble:
                _wait_for_enter(code)
    except SuspendNotSupported:
        trouble = "This terminal cannot be lent to another program: it is none, or a browser. | shows output in here."
    if trouble:
        raise UsageError(trouble)
    return code


@contextmanager
def _interrupts_are_its_own() -> Iterator[None]:
    """ctrl+c reaches all that runs in the terminal: it is meant for the command."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _wait_for_enter(code: int) -> None:
    """Leave the output on the screen until somebody has read it."""
    out, keyboard = sys.__stdout__, sys.__stdin__
    if out is None or keyboard is None:
        return
    ended = "" if not code else f"exit code {code}, " if code > 0 else f"ended by signal {-code}, "
    out.write(f"\n\x1b[2m({ended}enter goes back to flowtui)\x1b[0m ")
    out.flush()
    with suppress(OSError):
        while os.read(keyboard.fileno(), 1) not in (b"\n", b"\r", b""):
            pass
