"""Which rows of a list are marked: some by id, or all of them, read or not. Pure."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

__all__ = ["Marks"]


@dataclass(frozen=True, slots=True)
class Marks:
    """`ids` are the marked rows. A range that is being drawn begins at `anchor`, over the marks `before` it."""

    ids: frozenset[str] = frozenset()
    everything: bool = False
    anchor: str | None = None
    before: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.ids) or self.everything

    def __contains__(self, row_id: object) -> bool:
        return self.everything or row_id in self.ids

    def toggled(self, row_id: str) -> "Marks":
        """With one row marked that was not, or the other way round; marks on everything end."""
        return Marks(self.ids ^ {row_id})

    def joined(self, more: Set[str]) -> "Marks":
        """With more rows marked."""
        return Marks(self.ids | more)

    def anchored(self, row_id: str) -> "Marks":
        """With a range that begins, and so far ends, at a row."""
        return Marks(self.ids | {row_id}, anchor=row_id, before=self.ids)

    def stretched(self, inside: Iterable[str]) -> "Marks":
        """With the range over these rows."""
        return replace(self, ids=self.before | frozenset(inside))

    def settled(self) -> "Marks":
        """With the range ended as it is."""
        return Marks(self.ids)

    def inverted(self, known: Iterable[str]) -> "Marks":
        """With what is not marked among the known rows marked, and what is not."""
        return Marks() if self.everything else Marks(frozenset(known) - self.ids)

    def without(self, gone: Set[str]) -> "Marks":
        """Without the rows that exist no longer."""
        return replace(self, ids=self.ids - gone, before=self.before - gone) if self.ids & gone else self
