"""Two runs as text files, for a differ of one's own: $FLOWTUI_DIFF."""

import asyncio
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.engine.comparing.differences import Comparison, Difference
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.provenance import provenance_json
from flowtui.tui.compare.words import both_words, what_words
from flowtui.tui.text import safe

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["differ", "run_text", "show_both"]


def differ() -> list[str] | None:
    """The command of $FLOWTUI_DIFF, such as `delta` or `vimdiff`; None when it is not set."""
    return shlex.split(os.environ.get("FLOWTUI_DIFF", "")) or None


def run_text(found: Comparison, run: FlowRun) -> str:
    """All of one side, a line each and in one order, so that what is alike stands in line."""
    older = run is found.older
    facts = {"parameters": dict(run.parameters), "ran with": provenance_json(run.provenance) if run.provenance else {}}
    head = [f"{run.flow_name} {run.state.name}", json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False)]
    return "\n".join([*head, *_lines(found.differences, older=older)]) + "\n"


def _lines(differences: tuple[Difference, ...], *, older: bool) -> Iterator[str]:
    for it in sorted(differences, key=lambda one: (one.section, one.what)):
        if it.section not in ("parameters", "outcome") and it.change != ("new" if older else "missing"):
            yield safe(f"{it.section}  {what_words(it)}  {both_words(it)[0 if older else 1]}")


async def show_both(app: "FlowtuiApp", found: Comparison) -> None:
    """Leave the screen to the command, and come back when it has ended. Raises `UsageError` when it cannot be run."""
    command = differ()
    if command is None:
        return
    with tempfile.TemporaryDirectory(prefix="flowtui-diff-") as folder:
        files = []
        for word, run in (("older", found.older), ("newer", found.newer)):
            file = Path(folder) / f"{word}.txt"
            await asyncio.to_thread(file.write_text, run_text(found, run), encoding="utf-8")
            files.append(str(file))
        try:
            with app.suspend():
                subprocess.run([*command, *files], check=False)  # noqa: ASYNC221 - the terminal is the command's meanwhile
        except OSError as error:
            words = f"$FLOWTUI_DIFF is {shlex.join(command)!r}, which cannot be run: {error.strerror}."
            raise UsageError(words) from None
