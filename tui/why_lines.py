"""An explanation of why a run waits, line by line, as screens show it. Pure."""

import textwrap
from collections.abc import Iterator

from flowtui.engine.explanations import Explanation, Reason, Remedy
from flowtui.tui.run_cells import state_spans
from flowtui.tui.text import safe
from flowtui.tui.widgets.paint import Span

__all__ = ["remedies_of", "why_lines"]

_LEFT = 9
_NARROW = 20


def remedies_of(found: Explanation) -> list[Remedy]:
    """What can be done, in the order of the numbers that stand before it."""
    return [remedy for reason in found.reasons for remedy in reason.remedies]


def why_lines(found: Explanation, width: int, *, numbered: bool = False) -> list[list[Span]]:
    """The lines, wrapped at `width` cells; with `numbered` a number stands before each thing that can be done."""
    flow: list[Span] = [(f"{found.flow_name} · ", "muted")] if found.flow_name else []
    lines: list[list[Span]] = [[*flow, (found.run_name, "bold strong"), ("   ", ""), *state_spans(found.state)]]
    lines.extend([(line, "text")] for line in _wrapped(found.verdict, width))
    number, said = 1, False
    for reason in found.reasons:
        word = ("and" if said else "because") if reason.blocking else "note"
        said = said or reason.blocking
        lines.append([])
        lines.extend(_reason(word, reason, max(width - _LEFT, _NARROW), number if numbered else None))
        number += len(reason.remedies)
    return lines


def _reason(word: str, reason: Reason, width: int, number: int | None) -> Iterator[list[Span]]:
    lead: Span = (word.ljust(_LEFT), "late" if reason.blocking else "faint")
    for text, role in ((reason.text, "strong" if reason.blocking else "text"), (reason.detail, "muted")):
        for line in _wrapped(text, width):
            yield [lead, (line, role)]
            lead = (" " * _LEFT, "")
    for place, remedy in enumerate(reason.remedies):
        key: list[Span] = [] if number is None else [(f"{number + place} ", "accent")]
        if len(remedy.words) + len(remedy.command) + 4 <= width:
            yield [lead, *key, (f"{remedy.words}  ", "faint"), (remedy.command, "running")]
        else:
            first, *rest = _wrapped(remedy.words, width - 2)
            yield [lead, *key, (first, "faint")]
            yield from ([lead, (f"  {line}", "faint")] for line in rest)
            yield from ([lead, (f"  {line}", "running")] for line in _wrapped(remedy.command, width - 2))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(safe(text), width)
