"""How a term of a query may go on: fields, operators and words, as plain values for whoever completes. Pure."""

from typing import Final

from flowtui.engine.query_fields import RUNS
from flowtui.engine.query_terms import OPENING, TEXT
from flowtui.engine.query_vocabulary import TIME_WORDS, Field, Vocabulary

__all__ = ["completions"]

_SPANS: Final = ("1m", "5m", "15m", "1h", "24h", "7d")


def completions(token: str, vocabulary: Vocabulary = RUNS) -> tuple[str, ...]:
    """Whole terms that begin as `token` does, the likeliest first; none for free text and finished terms."""
    mark = "!" if token.startswith("!") else ""
    typed = token[len(mark) :]
    opening = OPENING.match(typed)
    if opening is None:
        return tuple(f"{mark}{name}" for name in _fields(typed.lower(), vocabulary))
    field = vocabulary.field_of(opening[1])
    if field is None:
        return ()
    head, comma, part = typed[opening.end() :].rpartition(",")
    start = f"{mark}{opening[0]}{head}{comma}"
    return tuple(f"{start}{word}" for word in _words(field) if word.startswith(part.lower()) and word != part)


def _fields(start: str, vocabulary: Vocabulary) -> list[str]:
    """Fields with the operator that is usual for them."""
    return [
        f"{field.name}{'.' if field.kind == 'param' else field.operators[0]}"
        for field in vocabulary.fields
        if field.name != TEXT and start and field.name.startswith(start)
    ]


def _words(field: Field) -> tuple[str, ...]:
    if field.kind in ("span", "moment"):
        return (*_SPANS, *(TIME_WORDS if field.kind == "moment" else ()))
    return field.words
