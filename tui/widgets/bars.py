"""Bars drawn in eighths of a cell: progress, spans of time, and columns by hour. Pure."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from flowtui.tui.widgets.paint import Span

__all__ = ["axis", "columns", "nice_span", "progress", "time_bar"]

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_HEIGHTS: Final = " ▁▂▃▄▅▆▇█"
_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)


def progress(done: float, width: int, role: str, rest: str = "ghost") -> list[Span]:
    """A bar filled to `done` (0 … 1) of `width` cells, dots for the rest."""
    eighths = round(min(max(done, 0.0), 1.0) * width * 8)
    full, part = divmod(eighths, 8)
    text = "█" * full + (_EIGHTHS[part] if part else "")
    return [(text, role), ("·" * (width - len(text)), rest)]


def time_bar(start: float, end: float, width: int, role: str) -> list[Span]:
    """A bar from `start` to `end` (parts of the whole, 0 … 1) in `width` cells; at least an eighth of a cell.

    A bar that begins within a cell shows its left edge by drawing the empty part in reverse.
    """
    left = round(min(max(start, 0.0), 1.0) * width * 8)
    right = round(min(max(end, 0.0), 1.0) * width * 8)
    left = min(left, width * 8 - 1)
    right = max(right, left + 1)
    first, offset = divmod(left, 8)
    last, rest = divmod(right, 8)
    spans: list[Span] = [(" " * first, "")]
    if first == last:
        # Shorter than a cell: a block can only hang at the left edge of its cell, so the bar is moved there.
        spans.append((_EIGHTHS[max(rest - offset, 1)], role))
        return [*spans, (" " * (width - first - 1), "")]
    if offset:
        spans.append((_EIGHTHS[offset], f"reverse {role}"))
        first += 1
    spans.append(("█" * (last - first), role))
    used = last
    if rest:
        spans.append((_EIGHTHS[rest], role))
        used += 1
    return [*spans, (" " * (width - used), "")]


def columns(values: Sequence[float], highest: float, row: int, rows: int) -> str:
    """One line of a column chart `rows` high; row 0 is the top. A value above 0 shows at least an eighth."""
    line = []
    for value in values:
        eighths = max(round(value / highest * rows * 8), 1) if highest > 0 and value > 0 else 0
        line.append(_HEIGHTS[min(max(eighths - (rows - 1 - row) * 8, 0), 8)])
    return "".join(line)


def nice_span(seconds: float) -> float:
    """The next round span that holds `seconds` with some room, so that a growing chart rarely changes its scale."""
    step = _step(seconds, 8)
    return (int(seconds / step) + 1) * step


def _step(seconds: float, parts: int) -> float:
    """A round step of which about `parts` make up `seconds`."""
    wanted = max(seconds, 0.01) / parts
    return next((step for step in _STEPS if step >= wanted), 86_400.0 * (int(wanted / 86_400) + 1))


def axis(seconds: float, width: int, begin: float = 0.0) -> list[Span]:
    """The line of times above a chart that is `seconds` wide: `0s      10s      20s`; `begin` is what its left is."""
    step = _step(seconds, max(width // 12, 2))
    line = [" "] * width
    tick, free = math.ceil(begin / step - 1e-9), 0
    while tick * step < begin + seconds:
        at = round((tick * step - begin) / seconds * width)
        label = _label(tick * step)
        if free <= at and at + len(label) <= width:
            line[at : at + len(label)] = label
            free = at + len(label) + 1
        tick += 1
    return [("".join(line), "faint")]


def _label(seconds: float) -> str:
    """`20s`, `5m`, `5m20`, `1:30:00`, `3d`, `3d 6h`."""
    if seconds < 60:
        return f"{seconds:g}s"
    if seconds < 3600:
        minutes, rest = divmod(int(seconds), 60)
        return f"{minutes}m{rest:02d}" if rest else f"{minutes}m"
    if seconds < 86_400:
        return str(timedelta(seconds=round(seconds)))
    days, rest = divmod(round(seconds), 86_400)
    return f"{days}d {rest // 3600}h" if rest >= 3600 else f"{days}d"
