"""`f3`: records as text in the pager that a person is used to."""

import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from textual.app import App

from flowtui.engine.errors import UsageError
from flowtui.tui.piping.records import Records
from flowtui.tui.piping.saving import write_records
from flowtui.tui.piping.terminal import run_in_terminal

__all__ = ["page_records", "pager_words"]


def pager_words(env: Mapping[str, str], which: Callable[[str], str | None]) -> list[str]:
    """The pager that a person has chosen, else `less` or `more`. Raises `UsageError` when there is none."""
    text = env.get("PAGER", "").strip()
    if text:
        try:
            return shlex.split(text)
        except ValueError as error:
            raise UsageError(f"PAGER is {text!r}, which is no command: {error}.") from None
    for name, words in (("less", ["less", "-S"]), ("more", ["more"])):
        if which(name):
            return words
    raise UsageError("There is no pager. Set PAGER to the command of yours.")


async def page_records(app: App[Any], records: Records) -> None:
    """Show records in the pager. Raises `UsageError` when there is none, or the terminal cannot be lent."""
    words = pager_words(os.environ, shutil.which)
    with tempfile.TemporaryDirectory(prefix="flowtui-") as folder:
        file = Path(folder) / "log.txt"
        with file.open("wb") as out:
            await write_records(records, "text", out)
        run_in_terminal(app, [*words, str(file)])
