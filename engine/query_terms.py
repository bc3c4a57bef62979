"""The words of the filter language: terms, their quoted values, and where they stand."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from flowtui.engine.errors import UsageError

__all__ = ["QUERY_KEYS", "QueryError", "Term", "Value", "nearest", "quote", "terms_of"]

QUERY_KEYS: Final[Mapping[str, str]] = {
    "state": "kind or name of the state: failed,running,late",
    "type": "kind of the state only: failed, crashed",
    "flow": "name of the flow, * for any part: etl-*",
    "deployment": "flow/deployment, or the deployment's name alone",
    "tag": "a tag the run has",
    "since": "started or due after: 24h, 7d, today, 2026-11-19",
    "until": "started or due before; +2h is in the future",
    "name": "part of the run's name, like a bare word",
    "id": "the run's id",
    "is": "top: leave out subflows",
    "parent": "id of the task run that started it",
    "deployment-id": "id of the deployment",
}
"""The keys, and what each is for: the text of help and completion."""


_ALIASES = {"dep": "deployment", "tags": "tag", "after": "since", "before": "until"}
_KEYED = re.compile(r"([A-Za-z!-][\w!-]*):")
_PLAIN = re.compile(r"[^\s\",:\\]+")


class QueryError(UsageError):
    """A term of a query cannot be understood. `start` and `end` are its place in the text."""

    def __init__(self, problem: str, start: int, end: int) -> None:
        super().__init__(problem)
        self.start, self.end = start, end


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One of a term's values; quotes make it literal."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term as it was written, and where."""

    key: str | None
    values: tuple[Value, ...]
    start: int
    end: int

    def refuse(self, problem: str) -> QueryError:
        return QueryError(problem, self.start, self.end)


def terms_of(text: str) -> list[Term]:
    """The terms of a query, in order. Raises `QueryError` for an unknown key, a missing value or an open quote."""
    terms: list[Term] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return terms
        start = at
        keyed = _KEYED.match(text, at)
        key = _key(keyed[1], start, keyed.end()) if keyed else None
        values, at = _values(text, keyed.end() if keyed else at, split=keyed is not None)
        if keyed and not values:
            raise QueryError(f"{key}: needs a value: {QUERY_KEYS[key or '']}.", start, at)
        terms.append(Term(key=key, values=values, start=start, end=at))


def _key(word: str, start: int, end: int) -> str:
    key = _ALIASES.get(word.lower(), word.lower())
    if key in QUERY_KEYS:
        return key
    near = nearest(key, QUERY_KEYS)
    hint = f"did you mean {near}:?" if near else f"use one of {', '.join(QUERY_KEYS)}."
    raise QueryError(f"There is no filter {word}: – {hint} Quotes make it plain text.", start, end)


def _values(text: str, at: int, *, split: bool) -> tuple[tuple[Value, ...], int]:
    """The values from `at` to the end of the term, and where that is."""
    values: list[Value] = []
    letters, quoted, start = "", False, at
    while at < len(text) and not text[at].isspace():
        if text[at] == '"':
            piece, at = _quoted(text, at, start)
            letters, quoted = letters + piece, True
        elif text[at] == "," and split:
            values, letters, quoted, at = [*values, Value(text=letters, quoted=quoted)], "", False, at + 1
        else:
            letters, at = letters + text[at], at + 1
    values.append(Value(text=letters, quoted=quoted))
    return tuple(value for value in values if value.text), at


def _quoted(text: str, at: int, start: int) -> tuple[str, int]:
    """The text between the quotes that open at `at`, and the place after them. A backslash keeps what follows it."""
    letters, place = "", at + 1
    while place < len(text) and text[place] != '"':
        place += text[place] == "\\" and place + 1 < len(text)
        letters, place = letters + text[place], place + 1
    if place >= len(text):
        raise QueryError("The quotes are not closed.", start, len(text))
    return letters, place + 1


def quote(text: str, *, always: bool = False) -> str:
    """The text as a value, in quotes where it needs them."""
    if not text or (_PLAIN.fullmatch(text) and not always):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    import difflib  # noqa: PLC0415 - 3 ms that only this message pays

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)
