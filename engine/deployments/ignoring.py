"""Which files of a folder are left out, as its `.gitignore` and `.flowtuiignore` say. Pure.

The rules are git's: the last pattern that fits decides, `!` takes back, `/` at the end means folders only, a `/` before
that binds the pattern to the folder of its file, `**` stands for any number of folders.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["IGNORE_FILES", "Ignoring", "read_patterns"]

IGNORE_FILES: Final = (".gitignore", ".flowtuiignore", ".prefectignore")


@dataclass(frozen=True, slots=True)
class _Pattern:
    fits: re.Pattern[str]
    """Against a path relative to the folder whose file it stands in."""
    taken_back: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class Ignoring:
    """The patterns that hold below a folder: its own after those of the folders above it."""

    layers: tuple[tuple[str, tuple[_Pattern, ...]], ...] = ()
    """The path of a folder, `""` for the root or ending in `/`, and its patterns."""

    def below(self, folder: str, patterns: tuple[_Pattern, ...]) -> "Ignoring":
        """With those of another folder, which lies deeper."""
        return Ignoring((*self.layers, (folder, patterns))) if patterns else self

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path, relative to the root with `/` between its parts, is ignored."""
        for folder, patterns in reversed([layer for layer in self.layers if path.startswith(layer[0])]):
            inner = path.removeprefix(folder)
            for pattern in reversed(patterns):
                if (is_folder or not pattern.folders_only) and pattern.fits.fullmatch(inner):
                    return not pattern.taken_back
        return False


def read_patterns(lines: Iterable[str]) -> tuple[_Pattern, ...]:
    """The patterns of an ignore file. What cannot be read as one fits nothing."""
    return tuple(pattern for line in lines if (pattern := _read(line)) is not None)


def _read(line: str) -> _Pattern | None:
    text = line.rstrip("\r\n").rstrip()
    if not text or text.startswith("#"):
        return None
    taken_back = text.startswith("!")
    text = text.removeprefix("!").removeprefix("\\")
    folders_only = text.endswith("/")
    text = text.rstrip("/")
    if not text:
        return None
    anchored = "/" in text
    regex = _regex(text.removeprefix("/"))
    try:
        return _Pattern(re.compile(regex if anchored else f"(?:.*/)?{regex}"), taken_back, folders_only)
    except re.error:
        return None


def _regex(glob: str) -> str:
    """A pattern as a regular expression over a whole path."""
    parts = glob.split("/")
    made = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            made += ".*" if last else "(?:.*/)?"
        else:
            made += "".join(_pieces(part)) + ("" if last else "/")
    return made


def _pieces(part: str) -> Iterable[str]:
    for piece in re.findall(r"\[[^\]]+\]|\\.|.", part):
        if piece == "*":
            yield "[^/]*"
        elif piece == "?":
            yield "[^/]"
        elif piece.startswith("[") and len(piece) > 1:
            yield "[" + piece[1:-1].replace("\\", r"\\").replace("!", "^", 1) + "]" if piece[1] == "!" else piece
        else:
            yield re.escape(piece[-1])
