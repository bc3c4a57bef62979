"""The list of blocks: what a filter reads in it, and in which orders it comes. Secrets are never read. Pure."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from flowtui.engine.model import BlockDocument
from flowtui.engine.query_lists import BLOCKS
from flowtui.engine.query_rows import Reading
from flowtui.tui.block_cells import held_words

__all__ = ["ORDERS", "READING"]

ORDERS: Final[dict[str, Callable[[BlockDocument], Any]]] = {
    "name": lambda block: block.name.lower(),
    "type": lambda block: block.type_slug,
    "saved": lambda block: block.updated,
}
"""What the list can be sorted by."""


def _holds(block: BlockDocument) -> Iterable[str]:
    return (f"{name} {words}" for name, words in held_words(block.data))


READING: Final[Reading[BlockDocument]] = Reading(
    vocabulary=BLOCKS,
    texts={
        "name": lambda block: (block.name,),
        "type": lambda block: (block.type_slug,),
        "holds": _holds,
    },
    numbers={},
    moments={"saved": lambda block: block.updated, "created": lambda block: block.created},
)
"""What a filter reads in a row."""
