"""A comparison as rows of a table, and one of them in full. Pure."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flowtui.engine.comparing.differences import Comparison, Difference
from flowtui.engine.model import FlowRun
from flowtui.tui.compare.words import GLYPHS, both_words, what_words
from flowtui.tui.run_cells import state_spans
from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["COLUMNS", "ChangeRow", "change_cells", "change_rows", "compare_title", "detail_lines"]

COLUMNS: Final = (
    Column("", 10, rank=2),
    Column("WHAT", 13, share=4),
    Column("BEFORE", 10, share=3, most=48),
    Column("NOW", 10, share=3, most=60),
)
_STATES: Final = {
    **dict.fromkeys(("Completed", "Cached"), "completed"),
    **dict.fromkeys(("Failed", "TimedOut"), "failed"),
    "Crashed": "crashed",
    "Cancelled": "cancelled",
}
_LEVELS: Final = {30: "warning", 40: "error", 50: "error"}
_LEAD: Final = 9


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A difference, or a note; the first of its section carries the section's name."""

    id: str
    section: str
    difference: Difference | None
    note: str = ""


def change_rows(found: Comparison, *, everything: bool) -> tuple[ChangeRow, ...]:
    """What is notable, or everything; then what could not be compared."""
    rows: list[ChangeRow] = []
    last = ""
    for it in found.differences if everything else found.notable:
        row_id = f"{it.section}/{it.change}/{it.level or ''}/{it.what}/{it.task_run_id or ''}"
        rows.append(ChangeRow(row_id, "" if it.section == last else it.section, it))
        last = it.section
    rows += (ChangeRow(f"note/{place}", "" if place else "note", None, note) for place, note in enumerate(found.notes))
    return tuple(rows)


def change_cells(row: ChangeRow) -> Sequence[Cell]:
    """One cell for each of `COLUMNS`."""
    lead: Cell = [(row.section, "muted")]
    it = row.difference
    if it is None:
        return [lead, [(row.note, "faint")], "", ""]
    before, after = both_words(it)
    loud = "strong" if it.notable else "muted"
    what = _LEVELS.get(it.level or 0, loud) if it.notable else loud
    glyph: Span = (f"{GLYPHS[it.change]} ", "accent" if it.notable else "faint")
    return [
        lead,
        [glyph, (what_words(it), what)],
        [(before, _role(it, before, "muted"))],
        [(after, _role(it, after, loud))],
    ]


def _role(it: Difference, words: str, otherwise: str) -> str:
    """States keep their colours."""
    is_state = it.section == "tasks" or (it.section == "outcome" and it.what == "state")
    return _STATES.get(words.partition(":")[0], otherwise) if is_state else otherwise


def compare_title(older: FlowRun | None, newer: FlowRun, *, narrow: bool = False) -> list[Span]:
    """Which runs: `github-stars · amber-auk ✔ Completed → plucky-heron ✖ Failed`; only names where it is narrow."""
    spans: list[Span] = [] if narrow else [(f"{newer.flow_name} · ", "muted")]
    if older is not None:
        spans += [*_title(older, narrow), (" → ", "faint")]
    return [*spans, *_title(newer, narrow)]


def _title(run: FlowRun, narrow: bool) -> list[Span]:
    return [(run.name, "bold strong")] if narrow else [(f"{run.name} ", "bold strong"), *state_spans(run.state)]


def detail_lines(row: ChangeRow | None, width: int, most: int) -> list[list[Span]]:
    """The whole of a row, wrapped, in at most `most` lines."""
    lines = list(_detail(row, width)) if row is not None else []
    if len(lines) > most:
        lines[most - 1] = [*lines[most - 1], (" …", "faint")]
    return lines[:most]


def _detail(row: ChangeRow, width: int) -> Iterator[list[Span]]:
    it = row.difference
    if it is None:
        yield from _told("note", row.note, width, "muted")
        return
    before, after = both_words(it)
    yield from _told(it.section, what_words(it), width, "strong")
    yield from _told("before", before, width, "muted")
    yield from _told("now", after, width, "text")


def _told(lead: str, text: str, width: int, role: str) -> Iterator[list[Span]]:
    shown = lead if len(lead) < _LEAD else lead[: _LEAD - 2]
    for line in textwrap.wrap(safe(text), max(width - _LEAD - 4, 10)) or [""]:
        yield [("  ", ""), (shown.ljust(_LEAD), "faint"), (line, role)]
        shown = ""
