"""A JSON value to read: indented, coloured, broken at the width."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span, Spans
from flowtui.tui.widgets.rows import ItemRows
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["ValueView", "json_lines"]

_LONGEST: Final = 20_000
"""Characters of a value that are shown."""
_PIECES: Final = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)|([^"\d\-tfn]+|.)')


class ValueView(VirtualTable):
    """Shows a value line by line; `y` copies all of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy", id="value.copy"),
        Binding("enter", "copy", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__([Column("", 10, share=1)], header=False, markable=False, id=id)
        self._text = ""
        self._shown = (-1, "", "")

    def show_value(self, value: Mapping[str, Any], nothing: str) -> None:
        """Show a JSON object, or a sentence when it is empty."""
        self._show_text(json.dumps(value, indent=2, ensure_ascii=False) if value else "", nothing)

    def show_json(self, text: str | None, nothing: str) -> None:
        """Show JSON text, or a sentence when there is none."""
        if text is None:
            self._show_text("", nothing)
            return
        with suppress(ValueError):  # what is not JSON after all is shown as it is
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        self._show_text(text, nothing)

    def _show_text(self, text: str, nothing: str) -> None:
        self._text, self._empty = text, nothing
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()
        super().on_resize()

    def _lay_out(self) -> None:
        width = max(self.size.width - 6, 10)
        if (wanted := (width, self._text, self._empty)) == self._shown:
            return
        self._shown = wanted
        lines = json_lines(self._text, width) if self._text else []
        numbered = list(enumerate(lines))
        self.show(ItemRows(numbered, lambda pair: str(pair[0]), lambda pair: [pair[1]]), empty=self._empty)

    def action_copy(self) -> None:
        """Copy the whole value."""
        if self._text:
            self.app.copy_to_clipboard(self._text)
            self.app.notify("Copied.", timeout=2)


def json_lines(text: str, width: int) -> list[Spans]:
    """Indented JSON as coloured lines of at most `width` cells; broken lines go on under their own beginning."""
    shown = text[:_LONGEST]
    lines: list[Spans] = []
    for line in shown.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        lines.extend(_broken(_coloured(line), width, indent + 4))
    if len(text) > _LONGEST:
        lines.append([(f"… {len(text) - _LONGEST:,} more characters; y copies all", "muted")])
    return lines


def _coloured(line: str) -> list[Span]:
    spans: list[Span] = []
    for string, colon, word, other in _PIECES.findall(line):
        if string:
            spans.append((string, "info" if colon else "text"))
            if colon:
                spans.append((colon, "faint"))
        elif word:
            spans.append((word, "strong"))
        else:
            spans.append((other, "faint"))
    return spans


def _broken(spans: list[Span], width: int, indent: int) -> list[Spans]:
    rows: list[list[Span]] = [[]]
    left = width
    for text, role in spans:
        rest = safe(text)
        while rest:
            take = rest
            while cell_len(take) > left:
                take = take[: max(len(take) - max(cell_len(take) - left, 1), 0)]
            if take:
                rows[-1].append((take, role))
                left -= cell_len(take)
                rest = rest[len(take) :]
            if rest:
                rows.append([(" " * min(indent, width // 2), "")])
                left = width - min(indent, width // 2)
    return list(rows)
