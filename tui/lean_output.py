"""Fewer bytes for the same picture: what a slow line to a terminal is thankful for.

Textual writes each piece of a line with all of its colours before it and a reset behind it. Of that, only what differs
from the piece before has to be said, and blanks have no colour of their own but that behind them.
"""

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["lean"]

_PIECE: Final = re.compile(
    r"\x1b\[(?P<style>[0-9;]*)m"
    r"|(?P<move>\x1b\[[0-9;]*H|[\r\n]+)"
    r"|(?P<text>[^\x1b\r\n]+)"
    r"|(?P<other>\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.?)",
    re.DOTALL,
)
_SHOWS_ON_BLANKS: Final = {"4", "7", "9", "21", "53"}
"""Underlined, reversed, struck, doubly underlined, overlined."""


@dataclass(frozen=True, slots=True)
class _Style:
    """What a terminal is told to write with. `rest` is what is no colour."""

    foreground: str = ""
    background: str = ""
    rest: frozenset[str] = frozenset()

    @property
    def is_seen_on_blanks(self) -> bool:
        return not _SHOWS_ON_BLANKS.isdisjoint(self.rest)


_PLAIN: Final = _Style()


def lean(output: str) -> str:
    """The same picture in fewer bytes. `output` begins and ends with the plain style, as all that Textual writes."""
    written: list[str] = []
    now = wanted = _PLAIN
    for piece in _PIECE.finditer(output):
        kind, text = piece.lastgroup, piece.group()
        if kind == "style":
            wanted = _style(piece["style"], wanted)
            continue
        if kind == "other" or (kind == "text" and not _same_for(text, now, wanted)):
            written.append(_change(now, wanted))
            now = wanted
        written.append(text)
    written.append(_change(now, wanted))
    return "".join(written)


def _same_for(text: str, now: _Style, wanted: _Style) -> bool:
    """Whether the text looks the same in both styles."""
    if now == wanted:
        return True
    blank = text.isspace() and not now.is_seen_on_blanks and not wanted.is_seen_on_blanks
    return blank and now.background == wanted.background


def _style(parameters: str, before: _Style) -> _Style:
    """The style after a sequence that sets some."""
    foreground, background, rest = before.foreground, before.background, set(before.rest)
    at = 0
    words = parameters.split(";") if parameters else ["0"]
    while at < len(words):
        word = words[at]
        length = 1
        if word in ("38", "48"):
            length = 5 if at + 1 < len(words) and words[at + 1] == "2" else 3
            colour = ";".join(words[at : at + length])
            foreground, background = (colour, background) if word == "38" else (foreground, colour)
        elif word in ("0", ""):
            foreground, background, rest = "", "", set()
        elif word[:1] in "39" and len(word) == 2:
            foreground = "" if word == "39" else word
        elif (word[:1] == "4" and len(word) == 2) or word[:2] == "10":
            background = "" if word == "49" else word
        else:
            rest.add(word)
        at += length
    return _Style(foreground, background, frozenset(rest))


def _change(now: _Style, wanted: _Style) -> str:
    """The sequence that leads from one style to another; nothing when they are one."""
    if now == wanted:
        return ""
    if wanted == _PLAIN:
        return "\x1b[0m"
    words: list[str] = []
    if not now.rest <= wanted.rest or (now.foreground and not wanted.foreground):
        words.append("0")
        now = _PLAIN
    elif now.background and not wanted.background:
        words.append("49")
    words.extend(sorted(wanted.rest - now.rest))
    colours = ((now.foreground, wanted.foreground), (now.background, wanted.background))
    words.extend(new for old, new in colours if new and new != old)
    return f"\x1b[{';'.join(words)}m"
