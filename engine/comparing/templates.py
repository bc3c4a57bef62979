"""Templates of log lines: what lines have in common when numbers, ids and times are left out.

Drain's idea: lines of the same length, level and first word share a leaf; within it a line joins the template that it
is most like, and the words in which they differ become `<*>`. All is bounded, so a log of any length can be fed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from flowtui.engine.model import LogLine

__all__ = ["Template", "TemplateMiner"]

_ANY: Final = "<*>"
_VARIABLE: Final = re.compile(
    r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"  # an id
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"  # a day, or an instant
    r"|\b0x[0-9a-fA-F]+\b"
    r"|\b(?=[a-fA-F]*\d)[0-9a-fA-F]{7,}\b"  # a commit, a hash
    r"|\d+(?:[.,:]\d+)*"
)
_LIKE: Final = 0.6
"""The part of its words that a line has in common with the template that it joins."""
_MOST_TEMPLATES: Final = 2_000
_MOST_IN_A_LEAF: Final = 40
_MOST_KNOWN: Final = 20_000
"""So many different texts are recognised without being looked at word by word."""
_LONGEST: Final = 1_000
"""Characters of a line that count."""
_WORDS: Final = 60


@dataclass(slots=True)
class Template:
    """One kind of line, and how often the older and the newer run have written it."""

    level: int
    words: list[str]
    counts: list[int] = field(default_factory=lambda: [0, 0])
    first: list[int | None] = field(default_factory=lambda: [None, None])
    """The number of its first line in each run."""

    @property
    def text(self) -> str:
        return " ".join(self.words)


class TemplateMiner:
    """Fed with the lines of two runs, it knows which kinds of line each has written."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """`names` are those of runs: they are drawn for each run, and tell nothing."""
        self._names = [name for name in names if name]
        self._leaves: defaultdict[tuple[object, ...], list[Template]] = defaultdict(list)
        self._known: dict[tuple[int, str], Template] = {}
        self.templates: list[Template] = []
        self.left_out = 0
        """Lines that are of no template, because there are too many kinds already."""

    def feed(self, side: int, lines: Iterable[LogLine], start: int = 0) -> None:
        """Take the lines of a run (0 the older, 1 the newer), of which the first has number `start`."""
        known = self._known
        for number, line in enumerate(lines, start):
            level = line.level // 10 * 10
            text = _VARIABLE.sub(_ANY, self._told(line.message))
            template = known.get((level, text))
            if template is None:
                template = self._find(level, text)
                if template is None:
                    self.left_out += 1
                    continue
                if len(known) < _MOST_KNOWN:
                    known[level, text] = template
            template.counts[side] += 1
            if template.first[side] is None:
                template.first[side] = number

    def _told(self, message: str) -> str:
        """What a message says in one line: of a traceback, its head and the error at its end."""
        if "\n" in message:
            head, _, rest = message.strip().partition("\n")
            message = f"{head[:_LONGEST]} … {rest.rpartition(chr(10))[2].strip()}"
        message = message[:_LONGEST]
        for name in self._names:
            if name in message:
                message = message.replace(name, _ANY)
        return message

    def _find(self, level: int, text: str) -> Template | None:
        """The template that a text is most like, or a new one; None when there are too many."""
        words = text.split()[:_WORDS]
        error = words[words.index("…") + 1] if "…" in words[:-1] else None  # another error is another kind of line
        leaf = self._leaves[level, len(words), words[0] if words else "", error]
        best = max(leaf, key=lambda template: _common(template.words, words), default=None)
        if best is not None and _common(best.words, words) >= _LIKE * len(words):
            best.words = [old if old == new else _ANY for old, new in zip(best.words, words, strict=True)]
            return best
        if len(self.templates) >= _MOST_TEMPLATES or len(leaf) >= _MOST_IN_A_LEAF:
            return None
        made = Template(level=level, words=words)
        leaf.append(made)
        self.templates.append(made)
        return made


def _common(template: list[str], words: list[str]) -> int:
    """In how many words a line is as a template is; a word that may be any is none that they have in common."""
    return sum(old == new for old, new in zip(template, words, strict=True))
