"""Which commit a folder is at, read from `.git` itself: a tenth of a millisecond, where a git command takes ten."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Checkout", "find_checkout"]

_COMMIT: Final = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
_BRANCH: Final = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder that git knows, and the commit it was at."""

    root: Path
    commit: str | None
    """None before the first commit, and where the references are kept in another way than files."""
    branch: str | None


def find_checkout(folder: Path) -> Checkout | None:
    """The checkout around an absolute folder; None when there is none. Never raises."""
    for root in (folder, *folder.parents):
        place = root / ".git"
        if place.exists():
            try:
                return _read(root, place)
            except (OSError, ValueError):
                return Checkout(root, None, None)
    return None


def _read(root: Path, place: Path) -> Checkout:
    git = place if place.is_dir() else _told(root, place)
    head = (git / "HEAD").read_text().strip()
    name = head.removeprefix("ref:").strip()
    if name == head:
        return Checkout(root, _checked(head), None)
    branch = name.removeprefix(_BRANCH) if name.startswith(_BRANCH) else None
    return Checkout(root, _commit_of(git, name), branch)


def _told(root: Path, file: Path) -> Path:
    """`.git` is a file in worktrees and submodules: it says where the folder is."""
    return root / file.read_text().removeprefix("gitdir:").strip()


def _commit_of(git: Path, name: str) -> str | None:
    """What a reference points to: it is a file, here or where all worktrees share it, or a line of a file of many."""
    shared = git
    if (git / "commondir").is_file():
        shared = git / (git / "commondir").read_text().strip()
    for place in (git, shared):
        if (place / name).is_file():
            return _checked((place / name).read_text().strip())
    packed = shared / "packed-refs"
    if not packed.is_file():
        return None
    found = re.search(rf"^([0-9a-f]+) {re.escape(name)}$", packed.read_text(), re.MULTILINE)
    return _checked(found[1]) if found else None


def _checked(text: str) -> str | None:
    return text if _COMMIT.fullmatch(text) else None
