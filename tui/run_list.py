"""The part of a list of runs that was read, wherever in the list it lies, and how changes are merged in. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from flowtui.engine.listing import RunPage
from flowtui.engine.model import FlowRun

__all__ = ["RunList"]

_MOST: Final = 2_000
"""Runs that are kept at once: 5 MB. Who reads on loses those at the other end, which are read again on the way back."""


def _order(run: FlowRun) -> tuple[datetime, str]:
    return (run.started_or_due, run.id)


@dataclass(frozen=True, slots=True)
class RunList:
    """Runs that stand one after the other in the list. `before` and `after` are the cursors to what was not read, None
    at an end; `above` and `below` are how many runs that is, guesses unless they are 0.

    `cursors` are those of some of the runs: the first and the last of each page.
    """

    runs: tuple[FlowRun, ...] = ()
    before: str | None = None
    after: str | None = None
    above: int = 0
    below: int = 0
    cursors: Mapping[str, str] = field(default_factory=dict)
    ids: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, page: RunPage, *, above: int = 0, total: int = 0) -> "RunList":
        """A page that begins after about `above` runs, of a list of about `total`."""
        made = cls(
            page.items,
            page.before,
            page.after,
            cursors=_cursors(page),
            ids=frozenset(run.id for run in page.items),
        )
        wanted = above if page.after is not None else total - len(page.items)
        return made._sized(above=max(wanted, 1), below=total - above - len(page.items))

    def __len__(self) -> int:
        """Runs of the whole list, as far as that is known."""
        return self.above + len(self.runs) + self.below

    @property
    def is_whole(self) -> bool:
        """Whether all of the list was read, so that its length is exact."""
        return self.before is None and self.after is None

    @property
    def end(self) -> int:
        """Where the first run stands that comes after those that were read."""
        return self.above + len(self.runs)

    def _sized(self, *, above: int, below: int) -> "RunList":
        """With other guesses: nothing where there is an end, at least one run where there is none."""
        return replace(
            self,
            above=0 if self.before is None else max(above, 1),
            below=0 if self.after is None else max(below, 1),
        )

    def counted(self, total: int) -> "RunList":
        """With the number of runs in the list known better."""
        left = total - len(self.runs)
        if self.after is None:
            return self._sized(above=left, below=0)
        return self._sized(above=self.above, below=left - self.above)

    def extended(self, page: RunPage) -> "RunList":
        """With the page that comes after; what was merged in meanwhile is not doubled."""
        new = tuple(run for run in page.items if run.id not in self.ids)
        joined = replace(
            self,
            runs=(*self.runs, *new),
            after=page.after,
            cursors={**self.cursors, **_cursors(page)},
            ids=self.ids | {run.id for run in new},
        )
        return joined._sized(above=self.above, below=self.below - len(new))._trimmed(front=True)

    def preceded(self, page: RunPage) -> "RunList":
        """With the page that comes before."""
        new = tuple(run for run in page.items if run.id not in self.ids)
        joined = replace(
            self,
            runs=(*new, *self.runs),
            before=page.before,
            cursors={**self.cursors, **_cursors(page)},
            ids=self.ids | {run.id for run in new},
        )
        return joined._sized(above=self.above - len(new), below=self.below)._trimmed(front=False)

    def _trimmed(self, *, front: bool) -> "RunList":
        """Without the runs at the far end, when they have become too many: cut where a cursor is known."""
        excess = len(self.runs) - _MOST
        if excess <= 0:
            return self
        places = range(excess, len(self.runs)) if front else range(len(self.runs) - excess - 1, 0, -1)
        cut = next((at for at in places if self.runs[at].id in self.cursors), None)
        if cut is None:
            return self
        edge = self.cursors[self.runs[cut].id]
        kept = self.runs[cut:] if front else self.runs[: cut + 1]
        ids = frozenset(run.id for run in kept)
        cursors = {run_id: cursor for run_id, cursor in self.cursors.items() if run_id in ids}
        if front:
            return replace(self, runs=kept, before=edge, above=self.above + cut, ids=ids, cursors=cursors)
        below = self.below + len(self.runs) - len(kept)
        return replace(self, runs=kept, after=edge, below=below, ids=ids, cursors=cursors)

    def merged(self, asked: Collection[str], found: Iterable[FlowRun], *, descending: bool = True) -> "RunList":
        """After looking at the runs `asked` again: those in `found` belong to the list, the others no longer do.

        For lists in the order of time. A run that stands where nothing was read waits for its page.
        """
        kept = [run for run in self.runs if run.id not in asked]
        newest = None if self.before is None or not self.runs else _order(self.runs[0])
        oldest = None if self.after is None or not self.runs else _order(self.runs[-1])
        if not descending:
            newest, oldest = oldest, newest
        kept.extend(
            run
            for run in found
            if (oldest is None or _order(run) >= oldest) and (newest is None or _order(run) <= newest)
        )
        kept.sort(key=_order, reverse=descending)
        return replace(self, runs=tuple(kept), ids=frozenset(run.id for run in kept))

    def refreshed(self, found: Iterable[FlowRun], gone: Collection[str] = ()) -> "RunList":
        """With newer values of the runs that are there, each where it stands, and without those that are gone."""
        newer = {run.id: run for run in found}
        kept = tuple(newer.get(run.id, run) for run in self.runs if run.id not in gone)
        return replace(self, runs=kept, ids=frozenset(run.id for run in kept))


def _cursors(page: RunPage) -> dict[str, str]:
    ends = ((page.items[:1], page.before), (page.items[-1:], page.after))
    return {run.id: cursor for runs, cursor in ends for run in runs if cursor is not None}
