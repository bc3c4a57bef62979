"""By how much the clocks of those were off who wrote a log's lines: runs of lines with the same clock. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from flowtui.engine.store.rows import dump, load

__all__ = ["Clock", "clocks_of", "clocks_within", "dump_clocks", "joined"]

Clock = tuple[int, int]
"""How many lines, and by how many microseconds the store's clock was ahead of theirs."""
_ALIKE: Final = 5_000
"""Microseconds within which clocks are the same one: what measuring them, and their drift, amounts to."""


def joined(clocks: Iterable[Clock]) -> list[Clock]:
    """Neighbours with the same clock as one; what is hardly off is not off."""
    found: list[Clock] = []
    for lines, measured in clocks:
        ahead = 0 if abs(measured) < _ALIKE else measured
        before = found[-1] if found else (0, 0)
        if found and (before[1] == ahead or (ahead and before[1] and abs(before[1] - ahead) < _ALIKE)):
            found[-1] = (before[0] + lines, before[1])
        elif lines:
            found.append((lines, ahead))
    return found


def clocks_within(clocks: Iterable[Clock], start: int, stop: int) -> list[Clock]:
    """The clocks of the lines `start` … `stop - 1`."""
    found, at = [], 0
    for lines, ahead in clocks:
        inside = min(at + lines, stop) - max(at, start)
        if inside > 0:
            found.append((inside, ahead))
        at += lines
    return found


def dump_clocks(clocks: Iterable[Clock]) -> str | None:
    """As it is kept; None when no clock was off."""
    found = joined(clocks)
    return dump(found) if any(ahead for _, ahead in found) else None


def clocks_of(kept: str | None, lines: int) -> Sequence[Clock]:
    """What was kept of so many lines."""
    return [(count, ahead) for count, ahead in load(kept)] if kept is not None else [(lines, 0)]
