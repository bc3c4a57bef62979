"""Where in a row what is looked for is found, for marking it: without holding up whoever draws."""

import re
from typing import Final

from flowtui.engine.log_patterns import TakesTooLong, pattern_of, quick_length

__all__ = ["hits_in"]

_SECONDS: Final = 0.03
"""What a row may take of the processor."""
_given_up: set[str] = set()
"""Expressions that took too long for a row: they are not marked."""


def hits_in(words: str, text: str) -> list[tuple[int, int]]:
    """Begin and end of each place; none for an expression that takes too long."""
    if words in _given_up:
        return []
    pattern, quick = pattern_of(words), quick_length(words)
    if quick is None or len(text) <= quick:
        return [match.span() for match in pattern.finditer(text)]
    from flowtui.engine.patient_search import spans_of  # noqa: PLC0415 - 5 ms that few expressions need

    try:
        return spans_of(pattern.pattern, int(pattern.flags & re.IGNORECASE), text, _SECONDS)
    except TakesTooLong:
        _given_up.add(words)
        return []
