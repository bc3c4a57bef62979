"""What commands print: data on stdout, narration on stderr, and nothing that a terminal would obey."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from flowtui.tui.looks import look_of
from flowtui.tui.text import safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from flowtui.engine.states import State

__all__ = [
    "Cell",
    "Column",
    "Output",
    "clean",
    "console",
    "narrate",
    "print_facts",
    "print_json",
    "print_table",
    "state_cell",
    "styled",
]

Output = Annotated[
    Literal["table", "json"],
    Parameter(name=["--output", "-o"], help="table for people, json for programs: only data, on stdout."),
]

_COLORS = {
    "running": "cyan",
    "completed": "green",
    "failed": "red",
    "crashed": "magenta",
    "late": "yellow",
    "paused": "yellow",
    "scheduled": "blue",
    "pending": "blue",
    "cancelled": "bright_black",
}
"""The terminal's own colours, so that they fit its theme, whichever that is."""
_UNLIMITED = 10_000


@dataclass(frozen=True, slots=True)
class Cell:
    """Text from data, and how it is coloured."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Those with `wide_only` are left out where the terminal is narrower than that."""

    title: str
    right: bool = False
    wide_only: int = 0


def clean(text: str) -> str:
    """One line without anything that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    return safe(text)


def narrate(sentence: str) -> None:
    """Say something to the person, on stderr. Line breaks stay, everything else that is not text is shown."""
    print("\n".join(clean(line) for line in sentence.split("\n")), file=sys.stderr)


def print_json(value: Any) -> None:
    """Data on stdout. Everything beyond ASCII is escaped: safe in a terminal, and exact in a program."""
    print(json.dumps(value, indent=2))


def console() -> "Console":
    """Stdout for people. What is not a terminal gets whole lines without colours."""
    from rich.console import Console  # noqa: PLC0415 - 40 ms that JSON does not need

    if sys.stdout.isatty():
        return Console(highlight=False, markup=False, emoji=False)
    return Console(highlight=False, markup=False, emoji=False, no_color=True, color_system=None, width=_UNLIMITED)


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[Cell | str]], *, empty: str) -> None:
    """Rows on stdout; `empty` is said on stderr when there are none."""
    from rich.table import Table  # noqa: PLC0415 - 40 ms that JSON does not need

    rows = list(rows)
    if not rows:
        narrate(empty)
        return
    out = console()
    shown = [number for number, column in enumerate(columns) if out.width >= column.wide_only]
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number in shown:
        column = columns[number]
        table.add_column(column.title, justify="right" if column.right else "left", no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*(_text(row[number]) for number in shown))
    with out.capture() as captured:
        out.print(table)
    print("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def print_facts(facts: Iterable[tuple[str, Cell | str]]) -> None:
    """Names and values, one under the other."""
    from rich.table import Table  # noqa: PLC0415 - 40 ms that JSON does not need

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, _text(value))
    out = console()
    with out.capture() as captured:
        out.print(table)
    print("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def state_cell(state: "State") -> Cell:
    """Glyph, word and colour."""
    look = look_of(state)
    return Cell(f"{look.glyph} {look.word}", _COLORS.get(look.role, ""))


def styled(cells: Iterable[Cell]) -> "Text":
    """One line of several cells."""
    from rich.text import Text  # noqa: PLC0415 - loaded by the caller

    return Text.assemble(*map(_text, cells))


def _text(cell: Cell | str) -> "Text":
    from rich.text import Text  # noqa: PLC0415 - loaded by the caller

    return Text(clean(cell)) if isinstance(cell, str) else Text(clean(cell.text), cell.style)
