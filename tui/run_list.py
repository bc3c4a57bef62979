"""The runs that a list has read so far, and how changes are merged in. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from flowtui.engine.model import FlowRun, Slice

__all__ = ["RunList"]


def _order(run: FlowRun) -> tuple[datetime, str]:
    return (run.started_or_due, run.id)


@dataclass(frozen=True, slots=True)
class RunList:
    """Runs newest first. `next` is the cursor of the page after them, None when these are all."""

    runs: tuple[FlowRun, ...] = ()
    next: str | None = None
    ids: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, page: Slice[FlowRun]) -> "RunList":
        """The first page."""
        return cls().extended(page)

    def extended(self, page: Slice[FlowRun]) -> "RunList":
        """With the next page at the end; what was merged in meanwhile is not doubled."""
        new = [run for run in page.items if run.id not in self.ids]
        return RunList((*self.runs, *new), page.next, self.ids | {run.id for run in new})

    def merged(self, asked: Collection[str], found: Iterable[FlowRun]) -> "RunList":
        """After looking at the runs `asked` again: those in `found` belong to the list, the others no longer do.

        A run that sorts after the last one that was read waits for its page.
        """
        kept = [run for run in self.runs if run.id not in asked]
        last = _order(self.runs[-1]) if self.runs and self.next is not None else None
        kept.extend(run for run in found if last is None or _order(run) >= last)
        kept.sort(key=_order, reverse=True)
        return RunList(tuple(kept), self.next, frozenset(run.id for run in kept))
