"""Change the text of a query by one term, and leave the rest as it was written. Pure."""

from flowtui.engine.query_fields import RUNS
from flowtui.engine.query_reading import read_terms
from flowtui.engine.query_vocabulary import Vocabulary

__all__ = ["split", "toggled", "without"]


def split(text: str, vocabulary: Vocabulary = RUNS) -> tuple[str, ...]:
    """Its terms, each as it was written. Raises `QueryError`."""
    return tuple(text[placed.start : placed.end] for placed in read_terms(text, vocabulary))


def without(text: str, position: int) -> str:
    """Without one of its terms, by number."""
    terms = split(text)
    return " ".join((*terms[:position], *terms[position + 1 :]))


def toggled(text: str, term: str, vocabulary: Vocabulary = RUNS) -> str:
    """Without the term if it is there, however it was written, else with it at the beginning."""
    (wanted,) = read_terms(term, vocabulary)
    placed = read_terms(text, vocabulary)
    left = [text[each.start : each.end] for each in placed if each.term != wanted.term]
    return " ".join(left if len(left) < len(placed) else [term, *left])
