"""Open a file in the editor: in the terminal, or in a window beside it."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any, Final

from textual.app import App

from flowtui.engine.errors import UsageError
from flowtui.tui.piping.editors import editor_command, editor_words
from flowtui.tui.piping.terminal import run_in_terminal

__all__ = ["open_in_editor"]

_PATIENCE: Final = 0.5
"""Seconds in which a window's command that cannot work says so."""


async def open_in_editor(app: App[Any], file: Path, line: int, *, read_only: bool = False) -> tuple[str, bool]:
    """Open a file at a line; answers with the editor's name, and whether it is closed: one with a window of its own
    may still be open.

    Raises `UsageError` when there is no editor, or it cannot be started.
    """
    words = editor_words(os.environ, shutil.which)
    command, in_terminal = editor_command(words, str(file), line, read_only=read_only)
    if in_terminal:
        code = run_in_terminal(app, command)
        if code:
            raise UsageError(f"{words[0]} ended with exit code {code}.")
    else:
        await _in_window(command)
    return Path(words[0]).name, in_terminal


async def _in_window(command: list[str]) -> None:
    """Start it and leave it alone: it is closed when it is closed."""
    with tempfile.TemporaryFile() as told:
        process = _started(command, told)
        _windows[:] = [other for other in _windows if other.poll() is None]
        try:
            await asyncio.to_thread(process.wait, _PATIENCE)
        except subprocess.TimeoutExpired:
            _windows.append(process)
            return
        if process.returncode:
            told.seek(0)
            said = told.read(10_000).decode(errors="replace").strip().split("\n")[-1]
            raise UsageError(f"{Path(command[0]).name} ended with exit code {process.returncode}. {said}".strip())


def _started(command: list[str], told: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told, start_new_session=True
        )
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror}.") from None


_windows: list[subprocess.Popen[bytes]] = []
"""Editors that are open; kept so that each is waited for."""
