"""Lines of machines whose clocks differ, by the store's clock. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["SLIGHT", "shifted", "skew_words", "worst"]

SLIGHT: Final = 50_000
"""Microseconds; a clock that is off by less is left as it is: that much passes before a line is written, too."""


def shifted(stamps: Sequence[int], clocks: Iterable[tuple[int, int]]) -> list[int]:
    """When the lines were written by the store's clock; `clocks` say how many lines are ahead by how much."""
    found: list[int] = []
    for lines, ahead in clocks:
        by = ahead if abs(ahead) >= SLIGHT else 0
        found.extend(stamp + by for stamp in stamps[len(found) : len(found) + lines])
    return [*found, *stamps[len(found) :]]  # the rest has come in since the clocks were asked for


def worst(clocks: Iterable[tuple[int, int]], known: int = 0) -> int:
    """By how much lines are shifted at most, with its sign."""
    return max([known, *(ahead for _, ahead in clocks if abs(ahead) >= SLIGHT)], key=abs)


def skew_words(ahead: int) -> str:
    """`+3.2 s`, `-0.25 s`, `+2m10s`; empty when nothing is shifted."""
    if not ahead:
        return ""
    sign, seconds = ("-" if ahead < 0 else "+"), abs(ahead) / 1_000_000
    if seconds < 60:
        return f"{sign}{seconds:.2f} s" if seconds < 1 else f"{sign}{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{sign}{minutes}m{rest:02d}s" if minutes < 60 else f"{sign}{minutes // 60}h{minutes % 60:02d}m"
