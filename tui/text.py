"""Text that can be shown: nothing that comes from data may reach the terminal as a command (DESIGN D12).

`safe` makes every control, bidirectional and invisible character visible. `parse_sgr` keeps the colours of log lines
as styles and makes every other escape sequence visible. `ScreenFilter` is the last line of defence: it looks at each
segment that Textual is about to write.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

__all__ = ["ScreenFilter", "parse_sgr", "safe", "safe_block"]

# Controls have pictures of their own in Unicode (␀ … ␟, ␡); what has none becomes the replacement below.
_INVISIBLE: Final = "·"
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers, old selectors
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, separators, bidirectional controls
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # fillers, selectors, byte order mark, annotations
    "\ud800-\udfff\ue000-\uf8ff"  # surrogates, private use
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"  # format controls, tags, private use
)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code == 0x9B:
        return "␛"  # C1 CSI: the eight-bit twin of ESC [
    if code < 0xA0:
        return "␦"
    if unicodedata.bidirectional(character) in _BIDI or code in (0x200E, 0x200F, 0x061C):
        return "⇄"
    return _INVISIBLE


_BIDI: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _visible(match: re.Match[str]) -> str:
    return _picture(match.group())


def _one_line(match: re.Match[str]) -> str:
    character = match.group()
    if character == "\n":
        return "⏎"
    if character == "\t":
        return " "
    if character == "\ufe0f":
        return ""  # only asks for the emoji form of what stands before it, and makes its width a matter of taste
    return _picture(character)


@lru_cache(8192)
def safe(text: str) -> str:
    """`text` on one line, with everything that a terminal could obey or hide turned into a visible symbol."""
    if _UNSAFE.search(text) is None and text.isascii():
        return text
    return _unassigned(_UNSAFE.sub(_one_line, text))


def safe_block(text: str) -> list[str]:
    """The lines of `text`, each made safe. Tabs become four spaces."""
    lines = text.replace("\r\n", "\n").expandtabs(4).split("\n")
    return [safe(line) for line in lines]


@lru_cache(2048)
def _is_unassigned(character: str) -> bool:
    return unicodedata.category(character) in ("Cn", "Co", "Cs")


def _unassigned(text: str) -> str:
    """Terminals disagree about the width of characters that Unicode does not know, and a wrong width moves the rest."""
    if text.isascii() or not any(map(_is_unassigned, text)):
        return text
    return "".join("�" if _is_unassigned(character) else character for character in text)


class ScreenFilter(LineFilter):
    """Turns what is still unsafe in a segment into symbols, whoever made it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if not any(_UNSAFE.search(segment.text) for segment in segments):
            return segments
        return [Segment(_UNSAFE.sub(_visible, text), style, control) for text, style, control in segments]


# -- colours in logs --------------------------------------------------------------------------------------------------

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
