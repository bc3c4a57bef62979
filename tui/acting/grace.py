"""What is not done yet: a deletion waits for a while, in which it can be taken back. Pure but for the clock given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

__all__ = ["Grace"]


@dataclass(slots=True, kw_only=True)
class Grace:
    """`title` is done at `until`, in seconds of the clock that is asked, unless it is called off."""

    entry_id: str
    title: str
    until: float
    act: Callable[[], Any] = field(repr=False)

    def left(self, now: float) -> int:
        """Whole seconds that are left, at least one until it is time."""
        return max(ceil(self.until - now), 0)

    def words(self, now: float) -> str:
        return f"{self.title} in {max(self.left(now), 1)} s"
