"""The clipboard: by the terminal (OSC 52, also over ssh), and by this machine's own command where there is one."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from textual.app import App

from flowtui.tui.formats import count

__all__ = ["copy", "native_command"]

_SECONDS: Final = 2.0
_LONG: Final = 100_000
"""Characters that most terminals still take."""


def native_command(env: Mapping[str, str], which: Callable[[str], str | None]) -> list[str] | None:
    """The command that fills this machine's clipboard; None where there is none, or over ssh, where it is another's."""
    if env.get("SSH_CONNECTION") or env.get("SSH_TTY"):
        return None
    if env.get("WAYLAND_DISPLAY") and which("wl-copy"):
        return ["wl-copy"]
    if env.get("DISPLAY"):
        for command in (["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]):
            if which(command[0]):
                return command
    for command in (["pbcopy"], ["clip.exe"]):
        if which(command[0]):
            return command
    return None


def copy(app: App[Any], text: str) -> None:
    """Copy a text, and say so."""
    app.copy_to_clipboard(text)
    command = native_command(os.environ, shutil.which)
    if command is not None:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                command,
                input=text.encode("utf-8", "replace"),
                timeout=_SECONDS,
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    lines = text.count("\n") + 1
    words = "Copied." if lines == 1 else f"Copied {count(lines)} lines."
    if len(text) > _LONG and command is None:
        words += " Your terminal may not take so much at once; S saves it to a file."
    app.notify(words, timeout=3, markup=False)
