"""What blocks hold, in short; how their types look in a list; and the line of Python that loads one. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flowtui.engine.model import BlockType
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["TYPE_COLUMNS", "held_spans", "held_words", "snippet", "type_cells"]

TYPE_COLUMNS: Final = (Column("TYPE", 16, share=1, most=28), Column("WHAT IT IS FOR", 30, share=4))
_MASK: Final = "********"
_BUILT_IN: Final = {"secret": "Secret", "webhook": "Webhook"}


def _telling(data: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Its fields without switches and what is empty, which say little in a list."""
    return (
        (name, value) for name, value in data.items() if not isinstance(value, bool) and value not in (None, {}, [])
    )


def held_spans(data: Mapping[str, Any]) -> list[Span]:
    """Its fields in short: `url ••••  method POST`."""
    spans: list[Span] = []
    for name, value in _telling(data):
        spans.extend([("  " if spans else "", ""), (f"{name} ", "faint"), _short(value)])
    return spans


def held_words(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Its fields and what the list says of them; of a secret, nothing."""
    return ((name, "" if value == _MASK else _short(value)[0]) for name, value in _telling(data))


def _short(value: Any) -> Span:
    if value == _MASK:
        return "••••", "muted"
    if isinstance(value, dict):
        return " ".join(value), "muted"
    if isinstance(value, list):
        return f"[{len(value)}]", "muted"
    return str(value), "text"


def type_cells(kind: BlockType) -> list[Cell]:
    """One cell for each of `TYPE_COLUMNS`."""
    return [[(kind.name, "strong")], [(kind.description, "muted")]]


def snippet(type_slug: str, name: str) -> str:
    """The Python that loads a block."""
    known = _BUILT_IN.get(type_slug)
    if known is None:
        return f'from flowtui.blocks import Block\n\nblock = Block.load("{type_slug}/{name}")\n'
    return f'from flowtui.blocks import {known}\n\n{type_slug.replace("-", "_")} = {known}.load("{name}")\n'
