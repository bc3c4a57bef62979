"""Which runs an action is about: fixed before the first question, whatever becomes of lists and of the store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from flowtui.engine.bulk import batch_of, freeze
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query
from flowtui.tui.acting.place import Place

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["Subjects", "Target", "target_of"]

Subjects: TypeAlias = Sequence[FlowRun] | Sequence[str] | Query
"""Runs, ids of runs, or all that a query lets through."""
_KNOWN: Final = 200
"""Of so many runs each is looked at; of more, the first few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The ids, newest first; all of these runs, or how the first of many look; and the query that found them."""

    ids: tuple[str, ...]
    runs: tuple[FlowRun, ...]
    query: Query | None = None
    cut: bool = False
    """More runs fitted the query than one batch takes."""
    place: Place | None = None
    """The store that they are in, where that is not the one that the workstation is on."""

    @property
    def one(self) -> FlowRun | None:
        """The run, when it is about one."""
        return self.runs[0] if len(self.ids) == 1 and self.runs else None

    @property
    def is_known(self) -> bool:
        """Whether `runs` are all of them."""
        return len(self.runs) == len(self.ids)

    @property
    def name(self) -> str:
        """`etl · amber-auk`, `12 runs`, `the newest 100,000 runs` of more, and where, if on another server."""
        where = f" on {self.place.profile}" if self.place is not None else ""
        if (run := self.one) is not None:
            return f"{run.flow_name} · {run.name}{where}"
        newest = "the newest " if self.cut else ""
        return f"{newest}{len(self.ids):,} runs{where}"

    @property
    def names(self) -> Mapping[str, str]:
        """What the runs that are known are called, by their ids."""
        return {run.id: f"{run.flow_name} · {run.name}" for run in self.runs}

    @property
    def written(self) -> Sequence[str] | Query:
        """How a command says which runs are meant."""
        return self.ids if self.query is None else self.query

    def only(self, fits: Callable[[FlowRun], bool]) -> "Target":
        """Of the runs that are known, those that fit; of more, all."""
        if not self.is_known:
            return self
        kept = tuple(run for run in self.runs if fits(run))
        return self if len(kept) == len(self.runs) else replace(self, ids=tuple(run.id for run in kept), runs=kept)


def target_of(client: "Client", subjects: Subjects) -> Target:
    """The runs that are meant, as they are now. Runs that are gone are left out."""
    if isinstance(subjects, Query):
        batch = freeze(client, subjects)
        runs = _read(client, batch.ids) if len(batch.ids) <= _KNOWN else batch.sample
        return Target(ids=batch.ids, runs=runs, query=subjects, cut=batch.cut)
    ids = tuple(one if isinstance(one, str) else one.id for one in subjects)
    if len(ids) > _KNOWN:
        return Target(ids=ids, runs=batch_of(client, ids).sample)
    runs = _read(client, ids)
    return Target(ids=tuple(run.id for run in runs), runs=runs)


def _read(client: "Client", ids: tuple[str, ...]) -> tuple[FlowRun, ...]:
    """In the order of the ids."""
    found = {run.id: run for run in client.list_flow_runs(Query.of(ids=ids), limit=len(ids)).items} if ids else {}
    return tuple(found[run_id] for run_id in ids if run_id in found)
