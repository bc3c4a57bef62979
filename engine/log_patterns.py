"""What is looked for in the messages of a log: which expressions may take long, and what any hit must hold. Pure."""

import re
from functools import lru_cache
from typing import Final

__all__ = ["TakesTooLong", "needed_texts", "pattern_of", "quick_length"]

_SHORT: Final = 1_000
"""Characters in which an expression with one open repetition is found quickly, wherever it is tried: about 2 ms."""
_FEW: Final = 8
"""So many more or less of something are no open repetition; more choices than that take long together."""


class TakesTooLong(Exception):
    """An expression that was not done within its time."""


@lru_cache(256)
def pattern_of(words: str) -> re.Pattern[str]:
    """A regular expression; capitals matter only when it has some. What is none is looked for as it is."""
    flags = 0 if any(letter.isupper() for letter in re.sub(r"\\.", "", words)) else re.IGNORECASE
    try:
        return re.compile(words, flags)
    except (re.error, OverflowError, RecursionError):
        return re.compile(re.escape(words), flags)


@lru_cache(256)
def quick_length(words: str) -> int | None:
    """Up to how many characters of a message the pattern surely takes little time; None for messages of any length.

    What `re` tries may double with each character, as with `(a+)+$`: when something that is repeated holds repetitions.
    Several repetitions in a row cost a power of the length. 0 is answered for all of those, and for many choices.
    """
    if pattern_of(words).pattern != words:
        return None
    if _SPECIAL.search(words):
        return 0
    repetitions = choices = at = 0
    while at < len(words):
        letter = words[at]
        quantifier = _QUANTIFIER.match(words, at)
        repeats = letter in "*+" or quantifier is not None
        if (letter == "\\" and words[at + 1 : at + 2] in _BACK) or (repeats and words[at - 1 : at] == ")"):
            return 0
        repetitions += letter in "*+" or (quantifier is not None and _is_open(quantifier[0]))
        choices += letter in "?|" or quantifier is not None
        at = _behind(words, at)
    if repetitions > 1 or choices > _FEW:
        return 0
    return _SHORT if repetitions else None


def _is_open(quantifier: str) -> bool:
    """Whether a `{…}` stands for many more or less of something."""
    least, comma, most = quantifier[1:-1].partition(",")
    return bool(comma) and (not most or int(most) - int(least or 0) > _FEW)


_BACK: Final = frozenset("123456789")
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-,:;=/@#%&'<>!~`")
_AFTER_ONE: Final = frozenset("*?{")
_SPECIAL: Final = re.compile(r"\(\?(?!:)")
"""Groups that are more than brackets: flags, conditions, what stands before or behind."""
_QUANTIFIER: Final = re.compile(r"\{\d*,?\d*\}")
_CODES: Final = frozenset("xuUN0123456789")
"""What follows a backslash when the characters behind it are a code, and no text."""


def needed_texts(words: str) -> tuple[str, ...]:
    """Plain characters, some of which any text in which the pattern is found must hold; none when that is not easily
    said. One text for each alternative; what stands in groups and classes does not count.
    """
    if pattern_of(words).pattern != words:
        return _worth(_plain_part(words))
    if _SPECIAL.search(words):
        return ()
    texts: list[str] = []
    best = run = ""
    at = depth = 0
    while at < len(words):
        letter, following = words[at], words[at + 1 : at + 2]
        if letter == "\\" and following in _CODES:
            return ()
        if not depth and letter in _PLAIN and (not following or following not in _AFTER_ONE):
            run += letter
            at += 1
            continue
        best, run = max(best, run, key=len), ""
        if letter == "|" and not depth:
            texts.append(best)
            best = ""
        depth += (letter == "(") - (letter == ")")
        at = _behind(words, at)
    return _worth(*texts, max(best, run, key=len))


def _worth(*texts: str) -> tuple[str, ...]:
    """The texts, unless one of them is found anywhere."""
    return tuple(dict.fromkeys(texts)) if all(texts) else ()


def _behind(words: str, at: int) -> int:
    """Where the pattern goes on behind what is no plain character."""
    if words[at] == "\\":
        return at + 2
    if words[at] == "[":
        at += 2 if words[at + 1 : at + 2] == "^" else 1
        at += words[at : at + 1] == "]"
        while words[at : at + 1] not in ("]", ""):
            at += 2 if words[at] == "\\" else 1
        return at + 1
    quantifier = _QUANTIFIER.match(words, at)
    return quantifier.end() if quantifier else at + 1


def _plain_part(words: str) -> str:
    """The longest run of plain characters of words that are looked for as they are."""
    return max(re.split(r"[^A-Za-z0-9 _,:;=/@#%&'<>!~`-]", words), key=len)
