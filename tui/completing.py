"""How the term that is being written may go on: fields, words, and values that the store knows. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flowtui.engine.listing import QueryValue
from flowtui.engine.model import RunCounts
from flowtui.engine.query_completion import completions
from flowtui.engine.query_fields import RUNS
from flowtui.engine.query_terms import OPENING, TEXT, Value
from flowtui.engine.query_vocabulary import Field, Vocabulary
from flowtui.tui.formats import count

__all__ = ["Offer", "Wanted", "last_token", "offers", "offers_of", "state_values", "wanted"]

_PATH: Final = re.compile(r"(!?param)((?:\.[\w-]*)+)")
"""A parameter whose name is not finished."""


@dataclass(frozen=True, slots=True)
class Offer:
    """`text` takes the place of the token; `label` and `hint` say what it is. `is_open`: the term goes on after it."""

    text: str
    label: str
    hint: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the store is to be asked: values of a field that have `start` in them. `before` stands before each."""

    field: str
    start: str
    before: str
    path: tuple[str | int, ...] = ()


def last_token(text: str) -> str:
    """What stands at the end of a line after the last space outside of quotes."""
    quoted, start = False, 0
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter.isspace() and not quoted:
            start = at + 1
    return text[start:]


def offers(token: str, vocabulary: Vocabulary = RUNS) -> tuple[Offer, ...]:
    """What the language itself knows."""
    mark = "!" if token.startswith("!") else ""
    if OPENING.match(token[len(mark) :]) is None:
        return () if _PATH.fullmatch(token) else _fields(mark, token[len(mark) :].lower(), vocabulary)
    return tuple(_word(term, vocabulary) for term in completions(token, vocabulary))


def _fields(mark: str, start: str, vocabulary: Vocabulary) -> tuple[Offer, ...]:
    fitting = [field for field in vocabulary.fields if field.name != TEXT and _begins(field, start)]
    return tuple(Offer(f"{mark}{_opened(field)}", _opened(field), field.about, is_open=True) for field in fitting)


def _begins(field: Field, start: str) -> bool:
    return any(name.startswith(start) for name in (field.name, *field.aliases))


def _opened(field: Field) -> str:
    return f"{field.name}{'.' if field.kind == 'param' else field.operators[0]}"


def _word(term: str, vocabulary: Vocabulary) -> Offer:
    opening = OPENING.match(term.removeprefix("!"))
    label = term.rpartition(",")[2] if "," in term else term.removeprefix("!")[opening.end() if opening else 0 :]
    field = vocabulary.field_of(opening[1]) if opening else None
    return Offer(term, label, field.meanings.get(label, "") if field else "")


def wanted(token: str, vocabulary: Vocabulary = RUNS) -> Wanted | None:
    """What to ask the store so that the token can be completed."""
    if (path := _PATH.fullmatch(token)) and vocabulary.field_of("param") is not None:
        *inside, start = path[2].split(".")[1:]
        return Wanted("param", start, ".".join((path[1], *inside, "")), _parts(inside))
    opening = OPENING.match(token.removeprefix("!"))
    field = vocabulary.field_of(opening[1]) if opening else None
    if opening is None or field is None or not field.known:
        return None
    if opening[3] not in (":", "=", "!="):
        return None
    end = len(token) - len(token.removeprefix("!")) + opening.end()
    head, comma, start = token[end:].rpartition(",")
    return Wanted(field.name, start.strip('"'), f"{token[:end]}{head}{comma}", _parts(opening[2].split(".")[1:]))


def _parts(names: Sequence[str]) -> tuple[str | int, ...]:
    return tuple(int(name) if name.isdecimal() else name for name in names if name)


def offers_of(asked: Wanted, values: Sequence[QueryValue]) -> tuple[Offer, ...]:
    """What the store answered, as offers; what is written already is none."""
    return tuple(_offer(asked, value) for value in values if value.text != asked.start)


def state_values(counts: RunCounts | None, start: str) -> tuple[QueryValue, ...]:
    """The states of which it is known how many runs are in them now."""
    if counts is None:
        return ()
    now = ("running", "late", "scheduled", "pending", "paused", "cancelling")
    return tuple(QueryValue(word, getattr(counts, word), "now") for word in now if word.startswith(start.lower()))


def _offer(asked: Wanted, value: QueryValue) -> Offer:
    hint = "   ".join(filter(None, (count(value.count) if value.count is not None else "", value.hint)))
    if asked.field == "param" and value.text.endswith((".", "=")):
        return Offer(f"{asked.before}{value.text}", value.text, hint, is_open=True)
    return Offer(f"{asked.before}{Value.literal(value.text)}", value.text, hint)
