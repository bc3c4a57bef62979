"""Painting one line: coloured pieces of text, cut and padded to the width that they have."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip
from textual.widget import Widget

from flowtui.engine.query_terms import ascii_lower
from flowtui.tui.text import safe
from flowtui.tui.themes import Palette, palette_for

__all__ = [
    "Align",
    "Span",
    "Spans",
    "clip",
    "differences",
    "fit",
    "highlighted",
    "laid_over",
    "on_ground",
    "palette_of",
    "strip_of",
    "style_of",
    "whole",
    "width_of",
]

Align = Literal["left", "right"]
Span = tuple[str, str | Style]
"""A text and the role that colours it, or a style."""
Spans = Sequence[Span]

_NEAR: Final = 6
"""Cells between two differences that are painted along with them."""


def palette_of(widget: Widget | App[object]) -> Palette:
    """The colours of the theme that is on."""
    app = widget if isinstance(widget, App) else widget.app
    return palette_for(app.current_theme)


def clip(text: str, width: int) -> str:
    """`text` in at most `width` cells, ended by `…` when something is missing. Not made safe here."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 1, 0)).rstrip() + "…" if width > 0 else ""


def width_of(spans: Spans) -> int:
    """Cells that the spans take once they are safe."""
    return sum(cell_len(safe(text)) for text, _ in spans)


def fit(spans: Spans, width: int, align: Align = "left") -> list[Span]:
    """The spans in exactly `width` cells: safe, clipped with `…`, padded on the side where nothing stands."""
    result: list[Span] = []
    left = width
    total = width_of(spans)
    for text, style in spans:
        piece = safe(text)
        cells = cell_len(piece)
        if total > width and cells >= left:
            piece = clip(piece if cells > left else piece + "…", left)
            cells = cell_len(piece)
            result.append((piece, style))
            left -= cells
            break
        result.append((piece, style))
        left -= cells
    if left > 0:
        padding: Span = (" " * left, "")
        result = [padding, *result] if align == "right" else [*result, padding]
    return result


def whole(parts: Iterable[Spans], width: int) -> list[Span]:
    """Those of the parts, from the first on, that fit whole into `width` cells: half a figure says less than none. The
    first is always there."""
    kept: list[Span] = []
    left = width
    for number, part in enumerate(parts):
        cells = width_of(part)
        if not number or cells <= left:
            kept.extend(part)
            left -= cells
    return kept


def highlighted(spans: Spans, words: str, palette: Palette) -> list[Span]:
    """The spans with every place where the letters of `words` stand lit up, whatever their case."""
    text, wanted = ascii_lower("".join(text for text, _ in spans)), ascii_lower(words)
    lit: set[int] = set()
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        lit.update(range(at, at + len(wanted)))
        at = text.find(wanted, at + len(wanted))
    if not lit:
        return list(spans)
    result: list[Span] = []
    start, match = 0, palette.style("on-match")
    for piece, style in spans:
        own = palette.style(style) if isinstance(style, str) else style
        for is_lit, letters in groupby(range(start, start + len(piece)), lit.__contains__):
            part = [letter - start for letter in letters]
            result.append((piece[part[0] : part[-1] + 1], own + match if is_lit else style))
        start += len(piece)
    return result


def laid_over(strip: Strip, style: Style) -> Strip:
    """The strip with a style over its own. (`Strip.apply_style` lays one under it, where a background is hidden.)"""
    return Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)


def on_ground(strip: Strip, base: Style, ground: Style) -> Strip:
    """The strip on another ground: what stands on one of its own, such as a hit, keeps that."""

    def grounded(style: Style) -> Style:
        return style + ground if style.bgcolor in (None, base.bgcolor) else style

    segments = (Segment(text, grounded(style or base), control) for text, style, control in strip)
    return Strip(segments, strip.cell_length)


def style_of(style: str | Style, palette: Palette) -> Style:
    """The style of a role, or the style itself."""
    return palette.style(style) if isinstance(style, str) else style


def differences(before: Strip | None, now: Strip) -> list[tuple[int, int]]:
    """Where a line differs from what was painted there, as (first cell, number of cells); places that lie near each
    other are one, because a terminal takes longer to be sent somewhere than to be sent some cells."""
    if before is None or before.cell_length != now.cell_length:
        return [(0, now.cell_length)]
    if before == now:
        return []
    found: list[tuple[int, int]] = []
    for x, (old, new) in enumerate(zip(_cells(before), _cells(now), strict=True)):
        if old != new:
            if found and x - sum(found[-1]) <= _NEAR:
                found[-1] = (found[-1][0], x + 1 - found[-1][0])
            else:
                found.append((x, 1))
    return found


def _cells(strip: Strip) -> Iterator[tuple[str, Style | None]]:
    """The cells of a line; a wide character stands in its first, and what is left of it in the next."""
    for text, style, _ in strip:
        for character in text:
            width = cell_len(character)
            if width:
                yield character, style
            yield from ((character, style) for _ in range(width - 1))


def strip_of(spans: Iterable[Span], palette: Palette, base: Style, width: int | None = None) -> Strip:
    """A line of safe spans on the style `base`, padded or cut to `width` cells."""
    segments = []
    for text, style in spans:
        if text:
            own = palette.style(style) if isinstance(style, str) else style
            segments.append(Segment(safe(text), base + own))
    strip = Strip(segments)
    return strip if width is None else strip.adjust_cell_length(width, base)
