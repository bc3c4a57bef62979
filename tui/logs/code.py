"""The code that wrote a line, as it was when it ran: the file on this machine, or a copy of it from that commit."""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flowtui.engine.errors import UsageError
from flowtui.engine.provenance import Provenance

__all__ = ["Found", "find_code", "mapped"]

_SECONDS: Final = 10
_SHORT: Final = 7


@dataclass(frozen=True, slots=True)
class Found:
    """A file to open."""

    file: Path
    line: int
    note: str = ""
    """What is to be said about it, as the end of a sentence."""
    copy: bool = False
    """Whether it is a copy that is not to be changed, and can go when it was read."""


def mapped(path: str, maps: Sequence[str]) -> str:
    """A path of the machine that ran it as one of this machine: by the first `there=here` that fits, the longest."""
    pairs = [pair.split("=", 1) for pair in maps]
    for there, here in sorted(pairs, key=lambda pair: -len(pair[0])):
        if path == there or path.startswith(there.rstrip("/") + "/"):
            return here.rstrip("/") + path[len(there.rstrip("/")) :]
    return path


def find_code(file: str, line: int, ran: Provenance | None, maps: Sequence[str] = ()) -> Found:
    """Find what stood in a file when the run ran. Raises `UsageError` with what to do when it is nowhere."""
    if file.startswith("<"):
        raise UsageError(f"This was written in {file}, which is no file.")
    here = Path(mapped(file, maps))
    commit = ran.commit if ran is not None else None
    root = _root(here, mapped(ran.root, maps) if ran is not None and ran.root else None)
    then = _at_commit(root, commit, here) if root is not None and commit is not None else None
    if then is None:
        return _as_it_is(here, file, line, commit)
    assert commit is not None
    if here.is_file() and here.read_bytes() == then:
        return Found(here, line, f"as at {commit[:_SHORT]}")
    changed = "your file has changed since" if here.is_file() else "the file is gone by now"
    if ran is not None and ran.dirty:
        changed += "; the run also had changes that were not committed"
    return Found(_copy(here, commit, then), line, f"a copy from {commit[:_SHORT]}: {changed}", copy=True)


def _as_it_is(here: Path, file: str, line: int, commit: str | None) -> Found:
    if not here.is_file():
        there = Path(file).parent
        raise UsageError(
            f"There is no file {here} on this machine. If it is by another name: FLOWTUI_PATH_MAP={there}=…"
        )
    known = f"it is not in the commit {commit[:_SHORT]}" if commit is not None else "the run's commit is not known"
    return Found(here, line, f"as it is now: {known}")


def _root(here: Path, said: str | None) -> Path | None:
    """The checkout that the file belongs to: the run's, when it is here, else the one around the file."""
    if said is not None and here.is_relative_to(said) and (Path(said) / ".git").exists():
        return Path(said)
    return next((folder for folder in here.parents if (folder / ".git").exists()), None)


def _at_commit(root: Path, commit: str, here: Path) -> bytes | None:
    """What the file held at a commit; None when git does not know."""
    name = here.relative_to(root).as_posix()
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "show", f"{commit}:{name}"], capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _copy(here: Path, commit: str, content: bytes) -> Path:
    """A file of its own, whose name says what it is and whose mode that it is not to be changed."""
    copy = Path(tempfile.mkdtemp(prefix="flowtui-")) / f"{here.stem}@{commit[:_SHORT]}{here.suffix}"
    copy.write_bytes(content)
    copy.chmod(0o444)
    return copy
