"""Colours in log lines: `parse_sgr` keeps them as styles, and makes every other escape sequence visible."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rich.style import Style

from flowtui.tui.text import safe

__all__ = ["parse_sgr"]

_SGR: Final = re.compile("(?:\x1b\\[|\x9b)([0-9;:]*)m")
_BASIC: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ATTRIBUTES: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_ENDED_BY: Final = {22: "not bold not dim", 23: "not italic", 24: "not underline", 27: "not reverse", 29: "not strike"}


def parse_sgr(text: str) -> list[tuple[str, Style]]:
    """Cut one line into safe pieces and their styles, as its colour sequences (SGR) say; all other escapes show."""
    if "\x1b" not in text and "\x9b" not in text:
        return [(safe(text), Style.null())]
    pieces: list[tuple[str, Style]] = []
    style, start = Style.null(), 0
    for match in _SGR.finditer(text):
        if match.start() > start:
            pieces.append((safe(text[start : match.start()]), style))
        style = _apply(style, match.group(1))
        start = match.end()
    if start < len(text) or not pieces:
        pieces.append((safe(text[start:]), style))
    return pieces


@lru_cache(1024)
def _apply(style: Style, parameters: str) -> Style:
    """The style after one colour sequence. What is malformed changes nothing."""
    codes = iter([int(code) if code and len(code) < 4 else 0 for code in re.split("[;:]", parameters)])
    for code in codes:
        if code == 0:
            style = Style.null()
        elif code in _ATTRIBUTES:
            style += Style.parse(_ATTRIBUTES[code])
        elif code in _ENDED_BY:
            style += Style.parse(_ENDED_BY[code])
        elif code in (38, 48):
            color = _extended(codes)
            if color is not None:
                style += Style(color=color) if code == 38 else Style(bgcolor=color)
        else:
            style += _basic(code)
    return style


def _basic(code: int) -> Style:
    """One of the sixteen colours, or back to the default."""
    if 30 <= code <= 37:
        return Style(color=_BASIC[code - 30])
    if 90 <= code <= 97:
        return Style(color=f"bright_{_BASIC[code - 90]}")
    if 40 <= code <= 47:
        return Style(bgcolor=_BASIC[code - 40])
    if 100 <= code <= 107:
        return Style(bgcolor=f"bright_{_BASIC[code - 100]}")
    if code == 39:
        return Style(color="default")
    if code == 49:
        return Style(bgcolor="default")
    return Style.null()


def _extended(codes: Iterator[int]) -> str | None:
    """`5;n` or `2;r;g;b`, as Rich writes a colour; None when it is neither."""
    kind = next(codes, 0)
    if kind == 5:
        return f"color({min(next(codes, 0), 255)})"
    if kind == 2:
        red, green, blue = (min(next(codes, 0), 255) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    return None
