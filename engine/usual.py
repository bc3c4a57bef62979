"""How long something usually takes: figures over the last times that it was done. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Usual", "usual_of"]


@dataclass(frozen=True, slots=True)
class Usual:
    """Seconds that half of the times (`p50`) and nine in ten of them (`p90`) took at most; over so many `times`."""

    p50: float
    p90: float
    times: int


def usual_of(seconds: Sequence[float]) -> Usual | None:
    """The figures of some durations; None when there are none."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return Usual(_quantile(ordered, 0.5), _quantile(ordered, 0.9), len(ordered))


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Between the two nearest ranks, by how near each is."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
