"""Read the text of a query: its terms, and where each stands. Every error points at its place. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from flowtui.engine.errors import UsageError
from flowtui.engine.query_fields import RUNS
from flowtui.engine.query_meaning import clause_of
from flowtui.engine.query_terms import OPENING, TEXT, Operator, Path, Term, Value, nearest
from flowtui.engine.query_vocabulary import Field, Vocabulary

__all__ = ["Placed", "QueryError", "read_terms"]

MOST_LETTERS: Final = 20_000
MOST_TERMS: Final = 100
MOST_VALUES: Final = 500
"""More than this is no question of a person, and no database answers it in reasonable time."""

_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class QueryError(UsageError):
    """A term of a query cannot be understood. `start` and `end` are its place in the text."""

    def __init__(self, problem: str, start: int, end: int) -> None:
        super().__init__(problem)
        self.start, self.end = start, end


@dataclass(frozen=True, slots=True)
class Placed:
    """A term, and where it stands in the text."""

    term: Term
    start: int
    end: int


def read_terms(text: str, vocabulary: Vocabulary = RUNS) -> tuple[Placed, ...]:
    """The terms of a query, in order. Raises `QueryError`."""
    if len(text) > MOST_LETTERS:
        words = (
            f"The query has {len(text):,} letters, and more than {MOST_LETTERS:,} are not read; ask for less at once."
        )
        raise QueryError(words, MOST_LETTERS, len(text))
    _check_letters(text)
    found: list[Placed] = []
    values = 0
    for placed in _terms(text, vocabulary):
        found.append(placed)
        values += len(placed.term.values)
        if len(found) > MOST_TERMS or values > MOST_VALUES:
            words = f"The query has more than {MOST_TERMS} terms, or {MOST_VALUES} values; ask for less at once."
            raise QueryError(words, placed.start, placed.end)
    return tuple(found)


def _check_letters(text: str) -> None:
    """No text that is kept has a NUL or half a surrogate pair."""
    for at, letter in enumerate(text):
        if letter == "\0" or "\ud800" <= letter <= "\udfff":
            raise QueryError(f"The query holds {letter!r}, which no kept text has; leave it out.", at, at + 1)


def _terms(text: str, vocabulary: Vocabulary) -> Iterator[Placed]:
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return
        term, end = _term(text, at, vocabulary)
        try:
            clause_of(term, _ANY_TIME, UTC, vocabulary)
        except UsageError as error:
            raise QueryError(str(error), at, end) from error
        yield Placed(term, at, end)
        at = end


def _term(text: str, start: int, vocabulary: Vocabulary) -> tuple[Term, int]:
    """The term that begins at `start`, and where it ends."""
    negated = text[start] == "!"
    at = start + negated
    opening = OPENING.match(text, at)
    if opening is None:
        values, end = _values(text, at, split=False)
        if not values:
            raise QueryError("After ! comes what must not hold: !tag:test.", start, max(end, start + 1))
        return Term(field=TEXT, values=values, negated=negated), end
    _name, path, sign = opening.groups()
    field = _field(opening, start, vocabulary)
    values, end = _values(text, opening.end(), split=True)
    if not values:
        raise QueryError(f"{field.name}{path}{sign} needs a value: {field.about}.", start, end)
    if path and text[opening.end()] in "{[":
        words = f"{field.name}{path} is compared with one value; write a path to it: {field.name}{path}.part=1."
        raise QueryError(words, start, end)
    operator = _operator(field, path, sign, start, end)
    negated = negated != (sign == "!=")
    return Term(field=field.name, values=values, operator=operator, path=_path(path), negated=negated), end


def _field(opening: re.Match[str], start: int, vocabulary: Vocabulary) -> Field:
    name, path, _ = opening.groups()
    field = vocabulary.field_of(name)
    if field is not None and (field.kind == "param" or not path):
        return field
    near = nearest(f"{name}{path}".lower(), vocabulary.names)
    known = ", ".join(field.name for field in vocabulary.fields)
    hint = f"did you mean {near}{_usual(vocabulary.names[near])}?" if near else f"use one of {known}."
    words = f"There is no filter {opening[0]} – {hint} Quotes make it plain text."
    raise QueryError(words, start, opening.end())


def _usual(field: Field) -> str:
    return field.operators[0] if field.kind != "param" else ".name="


def _operator(field: Field, path: str, sign: str, start: int, end: int) -> Operator:
    """The operator of the term: `:` for being one of the values, however that was written."""
    bare = sign.removeprefix(":") or ":"
    if bare in ("<", "<=", ">", ">=") and bare in field.operators:
        return cast(Operator, bare)
    if bare in ((":", "=") if "!=" not in field.operators else (":", "=", "!=")) and {":", "="} & set(field.operators):
        return ":"
    known = " ".join(f"{field.name}{path}{operator}" for operator in field.operators)
    raise QueryError(f"{field.name}{path}{sign} means nothing; write {known} – {field.about}.", start, end)


def _path(path: str) -> Path:
    """`.limits.0` as a name and a position in a list."""
    return tuple(int(part) if part.isdecimal() and len(part) < 6 else part for part in path.split(".")[1:] if part)


def _values(text: str, at: int, *, split: bool) -> tuple[tuple[Value, ...], int]:
    """The values from `at` to the end of the term, and where that is."""
    found: list[tuple[str, bool]] = []
    pattern, quoted, start = "", False, at
    while at < len(text) and not text[at].isspace():
        letter = text[at]
        if letter == '"':
            piece, at = _quoted(text, at, start)
            pattern, quoted = pattern + piece, True
        elif letter == "," and split:
            found, pattern, quoted, at = [*found, (pattern, quoted)], "", False, at + 1
        else:
            pattern, at = pattern + (r"\\" if letter == "\\" else letter), at + 1
    found.append((pattern, quoted))
    return tuple(Value(pattern, quoted) for pattern, quoted in found if pattern or quoted), at


def _quoted(text: str, at: int, start: int) -> tuple[str, int]:
    """The text between the quotes that open at `at`, as a pattern, and the place after them."""
    found, place = "", at + 1
    while place < len(text) and text[place] != '"':
        place += text[place] == "\\" and place + 1 < len(text)
        found, place = found + text[place], place + 1
    if place >= len(text):
        raise QueryError("The quotes are not closed.", start, len(text))
    return Value.literal(found).pattern, place + 1
