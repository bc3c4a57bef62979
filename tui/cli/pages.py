"""Walk a paged list to its end."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from flowtui.engine.model import Slice

__all__ = ["every"]

T = TypeVar("T")


def every(page: Callable[[str | None], Slice[T]]) -> Iterator[T]:
    """Each item of each page; `page` is called with the cursor of the page before."""
    after: str | None = None
    while True:
        part = page(after)
        yield from part.items
        after = part.next
        if after is None:
            return
