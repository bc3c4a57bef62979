"""Edit a text in the editor that a person has chosen: what was written there is never lost."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.ids import new_id
from flowtui.tui.forms.json_text import JsonProblem, loads
from flowtui.tui.forms.view import FormView
from flowtui.tui.piping.editors import editor_command, editor_words
from flowtui.tui.piping.terminal import run_in_terminal

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["edit_form", "edit_outside"]

_FOLDER: Final = "edits"
_KEPT: Final = 20
"""So many files that nobody came back for are kept."""


async def edit_form(app: "FlowtuiApp", view: FormView) -> None:
    """Edit the values of a form as JSON text. Await it in a worker."""
    if any(leaf.field.secret for leaf in view.form.leaves()):
        app.tell("This form holds secrets, which are not written to a file.")
        return
    text = await edit_outside(app, view.form.text() + "\n", suffix=".json", check=_no_object)
    if text is not None and view.is_attached:
        view.take(loads(text))


def _no_object(text: str) -> str | None:
    """Why a text is no object; None when it is one."""
    try:
        data = loads(text)
    except JsonProblem as problem:
        return str(problem)
    return None if isinstance(data, dict) else "The fields of a form are a JSON object: { … }."


async def edit_outside(app: "FlowtuiApp", text: str, *, suffix: str, check: Callable[[str], str | None]) -> str | None:
    """The text after it was edited; None when it was left as it was, or given up. Await it in a worker.

    `check` says what is wrong with it; then it can be opened again. Until it is taken over it stays in a file, also
    when this process dies meanwhile.
    """
    file = await app.call(_written, text, suffix)
    while True:
        try:
            await _open(app, file)
            edited = await app.call(file.read_text, encoding="utf-8", errors="replace")
        except (FlowtuiError, OSError) as error:
            app.notify_error(
                error if isinstance(error, FlowtuiError) else UsageError(f"{file} cannot be read: {error}.")
            )
            return None
        problem = None if edited == text else check(edited)
        if problem is None:
            await app.call(file.unlink, missing_ok=True)
            return None if edited == text else edited
        if not await app.confirm("Open it again?", f"{problem}\nWhat was written is kept in {file}"):
            return None


def _written(text: str, suffix: str) -> Path:
    """A file with the text, which only its owner may read. The oldest that were left behind go."""
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - in a thread of the app

    folder = current_settings().home / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.iterdir())[: -_KEPT or None]:
        old.unlink(missing_ok=True)
    file = folder / f"{new_id()}{suffix}"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    return file


async def _open(app: "FlowtuiApp", file: Path) -> None:
    """Wait until the editor is closed. One with a window of its own leaves the workstation alone meanwhile."""
    words = editor_words(os.environ, shutil.which)
    command, in_terminal = editor_command(words, str(file), 1, read_only=False)
    if in_terminal:
        run_in_terminal(app, command)
        return
    try:
        await app.call(subprocess.run, command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror}.") from error
