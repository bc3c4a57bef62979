"""How blocks and their types look in lists, and the line of Python that loads one. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from flowtui.engine.model import BlockDocument, BlockType
from flowtui.tui.formats import ago
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["BLOCK_COLUMNS", "TYPE_COLUMNS", "block_cells", "held_words", "snippet", "type_cells"]

BLOCK_COLUMNS: Final = (
    Column("BLOCK", 16, share=2, most=32),
    Column("TYPE", 10, share=1, most=20),
    Column("HOLDS", 20, share=4, most=80, rank=1),
    Column("SAVED", 8, align="right", rank=2),
)
TYPE_COLUMNS: Final = (Column("TYPE", 16, share=1, most=28), Column("WHAT IT IS FOR", 30, share=4))
_MASK: Final = "********"
_BUILT_IN: Final = {"secret": "Secret", "webhook": "Webhook"}


def block_cells(block: BlockDocument, kind: BlockType | None, now: datetime) -> list[Cell]:
    """One cell for each of `BLOCK_COLUMNS`. `kind` is None for a type that only other code knows."""
    return [
        [(block.name, "strong")],
        [(kind.name if kind is not None else block.type_slug, "text" if kind is not None else "muted")],
        _holds(block.data),
        [(f"{ago(block.updated, now)} ago", "muted")],
    ]


def _holds(data: Mapping[str, Any]) -> list[Span]:
    """Its fields in short: `url ••••  method POST`."""
    spans: list[Span] = []
    for name, value in _telling(data):
        spans.extend([("  " if spans else "", ""), (f"{name} ", "faint"), _short(value)])
    return spans


def _telling(data: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Its fields without switches and what is empty, which say little in a list."""
    return (
        (name, value) for name, value in data.items() if not isinstance(value, bool) and value not in (None, {}, [])
    )


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
