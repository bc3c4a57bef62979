"""Text that can be shown: nothing that comes from data may reach the terminal as a command (DESIGN D12).

`safe` makes every control, bidirectional and invisible character visible. It needs no library, because every command
of the command line prints through it.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["is_unsafe", "safe", "safe_block", "visible"]

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


def is_unsafe(text: str) -> bool:
    """Whether a terminal could obey or hide something in `text`."""
    return _UNSAFE.search(text) is not None


def visible(text: str) -> str:
    """`text` with each unsafe character as one symbol, so that its length stays."""
    return _UNSAFE.sub(lambda match: _picture(match.group()), text)


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
