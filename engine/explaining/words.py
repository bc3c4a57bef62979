"""How explanations write times, and names in a row."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

__all__ = ["clock", "count", "listed", "passed", "span"]

_UNITS = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def span(length: timedelta) -> str:
    """`0.4 s`, `12 s`, `6 min`, `2 h 5 min`, `3 days 4 h`."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    for number, (unit, size) in enumerate(_UNITS[:-1]):
        if whole >= size:
            smaller, small = _UNITS[number + 1]
            rest = whole % size // small
            first = f"{whole // size} {unit}{'s' if unit == 'day' and whole >= 2 * size else ''}"
            return f"{first} {rest} {smaller}" if rest and unit != "min" else first
    return f"{whole} s"


def passed(since: datetime, now: datetime) -> str:
    """How long it has been, and since when: `6 min ago, at 13:56:12 UTC`."""
    return f"{span(now - since)} ago, at {clock(since, now)}"


def clock(moment: datetime, now: datetime) -> str:
    """`13:56:12 UTC` on the same day, else with its date."""
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    return f"{moment:%H:%M:%S} UTC" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def count(number: int, noun: str) -> str:
    """`1 run`, `3 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Sequence[str], most: int = 3, total: int | None = None) -> str:
    """`a`, `a and b`, `a, b and 5 others`; `total` when there are more than `names` tells."""
    shown, others = names[:most], (total or len(names)) - len(names[:most])
    if others > 0:
        return f"{', '.join(shown)} and {count(others, 'other')}"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
