"""The columns that the list of blocks may have. Secrets are never shown. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from flowtui.engine.model import BlockDocument, BlockType
from flowtui.tui.block_cells import held_spans
from flowtui.tui.formats import ago
from flowtui.tui.lists.columns import At, ListColumn, ListColumns, text, when
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span

__all__ = ["COLUMNS", "Seen"]


@dataclass(frozen=True, slots=True)
class Seen(At):
    """What blocks are painted with besides: their types by slug. One that only other code knows is not among them."""

    types: Mapping[str, BlockType] = field(default_factory=dict)


def _type(block: BlockDocument, seen: Seen) -> list[Span]:
    kind = seen.types.get(block.type_slug)
    return [(kind.name, "text") if kind is not None else (block.type_slug, "muted")]


COLUMNS: Final[ListColumns[BlockDocument, Seen]] = ListColumns(
    (
        ListColumn(
            "name", "its name", Column("BLOCK", 16, share=2, most=32), lambda block, _: [(block.name, "strong")], "name"
        ),
        ListColumn("type", "the name of its type", Column("TYPE", 10, share=1, most=20), _type, "type"),
        ListColumn(
            "holds",
            "its fields in short",
            Column("HOLDS", 20, share=4, most=80, rank=1),
            lambda block, _: held_spans(block.data),
        ),
        ListColumn(
            "saved",
            "how long ago it was saved",
            Column("SAVED", 8, align="right", rank=2),
            lambda block, seen: [(f"{ago(block.updated, seen.now)} ago", "muted")],
            "saved",
            timed=True,
        ),
        ListColumn(
            "slug",
            "its type, as code names it",
            Column("SLUG", 12, share=1, most=24),
            text(lambda block: block.type_slug),
            "type",
        ),
        ListColumn(
            "updated",
            "when it was saved",
            Column("UPDATED", 12, align="right"),
            when(lambda block: block.updated),
            "saved",
        ),
        ListColumn(
            "created", "when it was made", Column("CREATED", 12, align="right"), when(lambda block: block.created)
        ),
        ListColumn("id", "its id", Column("ID", 36), text(lambda block: block.id)),
    ),
    first=4,
)
"""What the list of blocks may show."""
