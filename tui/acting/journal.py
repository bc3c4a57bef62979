"""The journal: everything that was done from the workstation, as command and as Python, kept over restarts."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from flowtui.engine.ids import new_id

__all__ = ["Entry", "Journal", "Result", "UndoState", "open_journal"]

Result = Literal["under way", "waiting", "done", "partly", "failed", "dropped"]
UndoState = Literal["can", "undone", "no"]

MOST: Final = 1_000
"""So many entries are kept; the oldest go first."""
_LINES: Final = 4 * MOST
"""A file of more lines is written anew, without what was said later again."""
_ELSEWHERE: Final = "the workstation that did it has been left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done."""

    id: str
    at: datetime
    title: str
    command: str
    python: str
    result: Result = "under way"
    words: str = ""
    """What came of it, as a sentence."""
    seconds: float | None = None
    undo: UndoState = "no"
    undo_words: str = ""
    """Why it cannot be undone, or what undid it."""


class Journal:
    """Entries, oldest first. With a file each is appended to it as a line of JSON whenever it changes; the last line of
    an id counts. Use it from one thread."""

    def __init__(self, file: Path | None = None, entries: Iterable[Entry] = ()) -> None:
        self._file = file
        self._entries = {entry.id: entry for entry in entries}

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def begin(self, at: datetime, title: str, command: str, python: str, result: Result = "under way") -> Entry:
        """Something is being done. It is written down when something has come of it."""
        entry = Entry(id=new_id(), at=at, title=title, command=command, python=python, result=result)
        self._entries[entry.id] = entry
        while len(self._entries) > MOST:
            del self._entries[next(iter(self._entries))]
        return entry

    def change(self, entry_id: str, **changes: Any) -> Entry | None:
        """Say more of an entry, and write it down; None when it has been forgotten meanwhile."""
        known = self._entries.get(entry_id)
        if known is None:
            return None
        entry = self._entries[entry_id] = replace(known, **changes)
        if self._file is not None:
            _append(self._file, entry)
        return entry

    def get(self, entry_id: str) -> Entry | None:
        return self._entries.get(entry_id)


def open_journal(file: Path) -> Journal:
    """The journal that is kept in a file. A line that cannot be read is passed over."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return Journal(file)
    found: dict[str, Entry] = {}
    for line in lines:
        entry = _read(line)
        if entry is not None:
            found[entry.id] = entry
    kept = list(found.values())[-MOST:]
    if len(lines) > _LINES:
        _rewrite(file, kept)
    return Journal(file, kept)


def _read(line: str) -> Entry | None:
    try:
        entry = Entry(**{**(told := json.loads(line)), "at": datetime.fromisoformat(told["at"])})
    except (ValueError, TypeError, KeyError):
        return None
    if entry.undo == "can":
        entry = replace(entry, undo="no", undo_words=_ELSEWHERE)
    return replace(entry, result="dropped", words=_ELSEWHERE) if entry.result in ("under way", "waiting") else entry


def _line(entry: Entry) -> str:
    return json.dumps({**asdict(entry), "at": entry.at.isoformat()})


def _append(file: Path, entry: Entry) -> None:
    """One write, so that the lines of two workstations do not mix. Only the owner may read: it holds parameters."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, (_line(entry) + "\n").encode())
    finally:
        os.close(descriptor)


def _rewrite(file: Path, entries: Iterable[Entry]) -> None:
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.writelines(_line(entry) + "\n" for entry in entries)
    new.replace(file)
