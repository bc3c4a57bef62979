"""How editors are told to open a file at a line: which arguments, and whether they need the terminal. Pure."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from flowtui.engine.errors import UsageError

__all__ = ["Editor", "editor_command", "editor_words"]

_ASKED: Final = ("FLOWTUI_EDITOR", "VISUAL", "EDITOR")
"""The variables that name an editor, the first that is set counts."""
_USUAL: Final = ("vi", "vim", "nano")


@dataclass(frozen=True, slots=True)
class Editor:
    """One way of being told. `{file}` and `{line}` are filled in."""

    place: tuple[str, ...] = ("+{line}", "{file}")
    read_only: tuple[str, ...] = ()
    """What makes it change nothing."""
    window: bool = False
    """Whether it has a window of its own, and leaves the terminal alone."""
    wait: tuple[str, ...] = ()
    """What has it answer only when the file is closed; without, a window's command ends at once."""


_VI: Final = Editor(read_only=("-R",))
_CODE: Final = Editor(place=("-g", "{file}:{line}"), window=True, wait=("--wait",))
_JETBRAINS: Final = Editor(place=("--line", "{line}", "{file}"), window=True, wait=("--wait",))
_KNOWN: Final[Mapping[str, Editor]] = {
    **dict.fromkeys(("vi", "vim", "nvim", "view", "vimx"), _VI),
    "gvim": Editor(read_only=("-R",), window=True, wait=("--nofork",)),
    "nano": Editor(read_only=("-v",)),
    "micro": Editor(read_only=("-readonly", "true")),
    "kak": Editor(read_only=("-ro",)),
    **dict.fromkeys(("hx", "helix"), Editor(place=("{file}:{line}",))),
    **dict.fromkeys(("emacs", "emacsclient", "ne", "joe", "jed", "mg"), Editor()),
    **dict.fromkeys(("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"), _CODE),
    **dict.fromkeys(
        ("subl", "sublime_text", "zed", "zeditor"), Editor(place=("{file}:{line}",), window=True, wait=("--wait",))
    ),
    "mate": Editor(place=("-l", "{line}", "{file}"), window=True, wait=("-w",)),
    "bbedit": Editor(place=("+{line}", "{file}"), window=True, wait=("--wait",)),
    "kate": Editor(place=("-l", "{line}", "{file}"), window=True, wait=("-b",)),
    **dict.fromkeys(("gedit", "xed", "pluma"), Editor(window=True, wait=("-w",))),
    **dict.fromkeys(("idea", "pycharm", "charm", "webstorm", "goland"), _JETBRAINS),
}
_OTHER: Final = Editor()


def editor_words(env: Mapping[str, str], which: Callable[[str], str | None]) -> list[str]:
    """The editor that a person has chosen, with its arguments. Raises `UsageError` when there is none."""
    for name in _ASKED:
        text = env.get(name, "").strip()
        if text:
            try:
                return shlex.split(text)
            except ValueError as error:
                raise UsageError(f"{name} is {text!r}, which is no command: {error}.") from None
    for usual in _USUAL:
        if which(usual):
            return [usual]
    raise UsageError("There is no editor. Set FLOWTUI_EDITOR (or VISUAL, or EDITOR) to the command of yours.")


def editor_command(words: Sequence[str], file: str, line: int, *, read_only: bool) -> tuple[list[str], bool]:
    """The whole command, and whether it needs the terminal to itself."""
    name = re.sub(r"\.(exe|cmd|bat)$", "", PurePath(words[0]).name)
    editor = _KNOWN.get(name, _OTHER)
    in_terminal = not editor.window or (name.startswith("emacs") and "-nw" in words)
    wait = [] if set(editor.wait) & set(words) or "-w" in words else list(editor.wait)
    place = [piece.format(file=file, line=line) for piece in editor.place]
    return [*words, *wait, *(editor.read_only if read_only else ()), *place], in_terminal
