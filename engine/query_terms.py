"""The words of the query language: a term, its values, and how both are written.

A term is `field:value,value`, `field>value`, `param.path=value` or free text, with `!` before it for the opposite.
`*` stands for any part of a text and `?` for any letter. Double quotes keep spaces and commas together and take
letters as they are; within them a backslash keeps what follows it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

__all__ = ["OPENING", "TEXT", "Operator", "Path", "Term", "Value", "ascii_lower", "fits", "letters", "nearest"]

Operator = Literal[":", "<", "<=", ">", ">="]
Path = tuple[str | int, ...]
"""Where in the parameters: names, and positions within lists."""

TEXT: Final = "text"
"""The field of free text, which is written without its name."""
OPENING: Final = re.compile(r"([A-Za-z][\w-]*)((?:\.[\w-]*)*)(:(?:<=|>=|[<>=])?|!=|<=|>=|[<>=])")
"""How a term with a field begins: the field, the path after it, the operator."""

_LETTER = re.compile(r"\\(.)|(.)", re.DOTALL)
_PLAIN = re.compile(r"[^\s\",\\!<>=\0]+")
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class Value:
    """One of a term's values.

    In `pattern`, a backslash makes the letter after it stand for itself. `quoted` tells `state:"Failed"`, a name, from
    `state:failed`, a kind; what cannot be written without quotes is always quoted.
    """

    pattern: str
    quoted: bool = False

    def __post_init__(self) -> None:
        pattern = "".join(letter if wild else _escaped(letter) for letter, wild in letters(self.pattern))
        object.__setattr__(self, "pattern", pattern)
        object.__setattr__(self, "quoted", self.quoted or _PLAIN.fullmatch(pattern) is None)

    @classmethod
    def literal(cls, text: str, *, quoted: bool = False) -> "Value":
        """A value in which every letter stands for itself."""
        return cls("".join(map(_escaped, text)), quoted)

    @property
    def text(self) -> str:
        """Its letters, the wild ones among them."""
        return "".join(letter for letter, _ in letters(self.pattern))

    @property
    def is_glob(self) -> bool:
        """Whether some of its letters stand for others."""
        return any(wild for _, wild in letters(self.pattern))

    def __str__(self) -> str:
        if not self.quoted:
            return self.pattern
        parts = [
            _written(wild, [letter for letter, _ in run]) for wild, run in groupby(letters(self.pattern), _is_wild)
        ]
        return "".join(parts) if any(part.startswith('"') for part in parts) else f'""{self.pattern}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One condition: any of the values fits the field; with `negated`, none does."""

    field: str
    values: tuple[Value, ...]
    operator: Operator = ":"
    path: Path = ()
    negated: bool = False

    def __post_init__(self) -> None:
        if self.field == TEXT:  # a word that reads like a term with a field has to be quoted
            values = tuple(Value(v.pattern, v.quoted or bool(OPENING.match(v.pattern))) for v in self.values)
            object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        values = ",".join(map(str, self.values))
        mark = "!" if self.negated else ""
        if self.field == TEXT and len(self.values) == 1:
            return f"{mark}{values}"
        if self.path:
            operator = "=" if self.operator == ":" else self.operator
            return f"{mark}{'.'.join(map(str, (self.field, *self.path)))}{operator}{values}"
        return f"{mark}{self.field}{self.operator}{values}"


def letters(pattern: str) -> tuple[tuple[str, bool], ...]:
    """A pattern, letter by letter; True marks a `*` or `?` that stands for others."""
    return tuple((bare or kept, bool(bare) and bare in "*?") for kept, bare in _LETTER.findall(pattern))


def fits(text: str, pattern: str) -> bool:
    """Whether a pattern covers a whole text. Linear in their product, whatever the pattern is."""
    of = letters(pattern)
    at, here, star, mark = 0, 0, -1, 0
    while at < len(text):
        if here < len(of) and of[here] == ("*", True):
            star, mark, here = here, at, here + 1
        elif here < len(of) and (of[here] == ("?", True) or of[here] == (text[at], False)):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark, at, here = mark + 1, mark + 1, star + 1
        else:
            return False
    return all(letter == ("*", True) for letter in of[here:])


def ascii_lower(text: str) -> str:
    """The text with the letters A to Z made small, which every database does alike."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    import difflib  # noqa: PLC0415 - 3 ms that only this message pays

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def _escaped(letter: str) -> str:
    return f"\\{letter}" if letter in "*?\\" else letter


def _is_wild(letter: tuple[str, bool]) -> bool:
    return letter[1]


def _written(wild: bool, run: Iterable[str]) -> str:
    """Letters as they are typed: the wild ones bare, the others in quotes."""
    text = "".join(run)
    if wild:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
