"""The flows of a folder, looked up again and again: only files that have changed are read.

Nothing is imported. The folder may be huge (a home, a monorepo): folders near its root are looked at first, and after
a bounded number of entries the rest is left out, and said to be.
"""

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flowtui.engine.deployments.finder import FoundFlow, flows_in, is_skipped
from flowtui.engine.deployments.ignoring import IGNORE_FILES, Ignoring, read_patterns

__all__ = ["BadFile", "FolderSurvey", "Survey"]

_MOST_ENTRIES: Final = 20_000
_MOST_FILES: Final = 2_000
_LARGEST: Final = 1_000_000
"""Bytes of a file that is looked into."""
_SPEAKS_OF: Final = (b"flowtui", b"prefect")
"""A file without these words cannot have the decorator, and is not parsed: that takes 10 ms for a long one."""


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file that speaks of flows and is no Python."""

    file: str
    """Its path, relative to the folder."""
    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found in a folder."""

    flows: tuple[FoundFlow, ...] = ()
    bad: tuple[BadFile, ...] = ()
    files: int = 0
    """Python files that were looked at."""
    complete: bool = True
    """False when the folder holds more than is looked at."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A file as it was read, and what tells that it is still the same."""

    stamp: tuple[int, int]
    flows: tuple[FoundFlow, ...] = ()
    bad: BadFile | None = None


class FolderSurvey:
    """Remembers the files of one folder from one look to the next. For one thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, _Known] = {}

    def look(self) -> Survey:
        """What there is now. Folders and files that cannot be read are passed over."""
        complete, kept = True, dict[str, _Known]()
        for file in self._files():
            if file is None or len(kept) >= _MOST_FILES:
                complete = False
                break
            known = self._look_at(file)
            if known is not None:
                kept[file] = known
        self._known = kept
        files = sorted(kept)
        return Survey(
            tuple(flow for file in files for flow in kept[file].flows),
            tuple(bad for file in files if (bad := kept[file].bad) is not None),
            len(kept),
            complete,
        )

    def _files(self) -> Iterator[str | None]:
        """Python files, those near the root first; None when there are more entries than are looked at."""
        seen = 0
        waiting: deque[tuple[str, Ignoring]] = deque([("", Ignoring())])
        while waiting:
            folder, above = waiting.popleft()
            entries = self._entries(folder)
            ignoring = self._ignoring(folder, above, entries)
            for entry in entries:
                seen += 1
                if seen > _MOST_ENTRIES:
                    yield None
                    return
                path = f"{folder}{entry.name}"
                if _is_folder(entry):
                    if not is_skipped(self.folder / folder, entry.name) and not ignoring.leaves_out(
                        path, is_folder=True
                    ):
                        waiting.append((f"{path}/", ignoring))
                elif entry.name.endswith(".py") and not ignoring.leaves_out(path, is_folder=False):
                    yield path

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.folder / folder) as found:
                return sorted(found, key=lambda entry: entry.name)
        except OSError:
            return []

    def _ignoring(self, folder: str, above: Ignoring, entries: list[os.DirEntry[str]]) -> Ignoring:
        for entry in entries:
            if entry.name in IGNORE_FILES:
                try:
                    text = (self.folder / folder / entry.name).read_text(encoding="utf-8", errors="replace")
                except OSError:
                    continue
                above = above.below(folder, read_patterns(text.splitlines()))
        return above

    def _look_at(self, file: str) -> _Known | None:
        path = self.folder / file
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            known = self._known.get(file)
            if known is not None and known.stamp == stamp:
                return known
            code = path.read_bytes() if found.st_size <= _LARGEST else b""
        except OSError:
            return None
        return _read(file, code, stamp)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)  # a link may lead in circles
    except OSError:
        return False


def _read(file: str, code: bytes, stamp: tuple[int, int]) -> _Known:
    if not any(word in code for word in _SPEAKS_OF):
        return _Known(stamp)
    try:
        return _Known(stamp, tuple(flows_in(code, file)))
    except SyntaxError as error:
        return _Known(stamp, bad=BadFile(file, error.lineno or 1, f"{type(error).__name__}: {error.msg}"))
    except (ValueError, RecursionError, MemoryError) as error:
        return _Known(stamp, bad=BadFile(file, 1, f"{type(error).__name__}: {error}"))
