"""Notice at once which runs are due and which are to be cancelled, without asking the store all the time."""

import time
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Final

from flowtui.engine import faults
from flowtui.engine.client.protocol import Client
from flowtui.engine.model import Change, Claim
from flowtui.engine.query import Query
from flowtui.engine.states import TERMINAL, StateType
from flowtui.server.workers.options import WorkerOptions

__all__ = ["Lookout", "Sighting"]

_LONGEST: Final = 5.0
"""Seconds. Looked for in any case this often: news may be missed, a clock may be set."""
_PAGE: Final = 500
_ENDS: Final = frozenset(TERMINAL)
_LIMITS: Final = frozenset(("work-pool", "work-queue", "deployment", "limit"))
"""Changes of these may let a run start that had to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one look brought."""

    claims: tuple[Claim, ...] = ()
    cancelling: frozenset[str] = frozenset()
    asked: bool = False
    """The store was asked for due runs: what is not among the claims was not to be had."""


class Lookout:
    """Knows from the change feed and from the time of the next due run when a look is worth it."""

    def __init__(
        self,
        client: Client,
        options: WorkerOptions,
        *,
        name: str,
        owner: str,
        lease_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._options = options
        self._name = name
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._cursor: int | None = None
        self._look_for_due = True
        self._freed = False
        self._some_wait = False
        """Runs are due that a limit or a pause keeps back."""
        self._due = clock()
        self._run_awaited = False
        """A run is due then; else it is only looked again."""

    def slot_freed(self) -> None:
        """A run has ended, so one that waits for a slot may start. Comes while a look may be under way that still
        counts without that slot; so it stays until a look has one."""
        self._freed = True

    def seconds_until_due(self) -> float:
        """How long nothing will be due, unless there is news."""
        return 0.0 if self._look_for_due else max(0.0, self._due - self._clock())

    def look(self, in_hand: Set[str], free: int) -> Sighting:
        """Claim up to `free` due runs, and name those of `in_hand` that are to be cancelled."""
        changes, missed = self._news()
        cancelling = {change.subject_id for change in changes if _is(change, StateType.CANCELLING)} & in_hand
        if missed and in_hand:
            cancelling |= self._all_cancelling(in_hand)
        if missed or any(self._matters(change) for change in changes):
            self._look_for_due = True
        if self._freed and free > 0:
            self._freed, self._look_for_due = False, True
        if not self._look_for_due and self._clock() >= self._due:
            self._look_for_due = self._run_awaited or self._has_come()
            if not self._look_for_due:
                return Sighting(cancelling=frozenset(cancelling), asked=free > 0)
        claims: tuple[Claim, ...] = ()
        asked = self._look_for_due and free > 0
        if self._look_for_due:
            self._look_for_due = False
            claims = self._claim(free) if free > 0 else ()
            if free > len(claims):
                self._ask_for_next()
            else:  # without a free slot there is nothing to be woken for: the run that frees one says so
                self._run_awaited, self._due = False, self._clock() + _LONGEST
        return Sighting(claims=claims, cancelling=frozenset(cancelling), asked=asked)

    def _claim(self, free: int) -> tuple[Claim, ...]:
        faults.hit("worker.before_claim")
        claims = self._client.claim_flow_runs(
            self._options.pool,
            self._owner,
            limit=free,
            lease_seconds=self._lease_seconds,
            queues=self._options.queues,
            worker=self._name,
            deployments=self._options.deployments,
        )
        if claims:
            faults.hit("worker.claimed")
        return claims

    def _matters(self, change: Change) -> bool:
        """Whether a run may be due because of this: a new one, or one that had to wait."""
        if change.kind != "flow-run":
            return self._some_wait and change.kind in _LIMITS
        kind = change.body.get("type")
        return kind == StateType.SCHEDULED or (self._some_wait and kind in _ENDS)

    def _news(self) -> tuple[Sequence[Change], bool]:
        """The changes since the last look. True: there were too many to read, anything may have happened."""
        if self._cursor is None:
            newest = self._client.changes(None)
            self._cursor = newest[-1].seq if newest else 0
            return (), True
        changes = self._client.changes(self._cursor, limit=_PAGE)
        if len(changes) < _PAGE:
            self._cursor = changes[-1].seq if changes else self._cursor
            return changes, False
        self._cursor = None
        return self._news()

    def _all_cancelling(self, in_hand: Set[str]) -> set[str]:
        query = Query.of(ids=in_hand, states=(StateType.CANCELLING,))
        return {run.id for run in self._client.list_flow_runs(query, limit=len(in_hand)).items}

    def _has_come(self) -> bool:
        """Whether anything is due by now, where nothing was known to be: by a read, which locks nothing."""
        self._ask_for_next()
        return self._some_wait

    def _ask_for_next(self) -> None:
        found = self._client.next_due(
            self._options.pool, queues=self._options.queues, deployments=self._options.deployments
        )
        self._some_wait = found.some_wait
        self._run_awaited = found.seconds is not None and found.seconds <= _LONGEST
        self._due = self._clock() + (found.seconds if found.seconds is not None and self._run_awaited else _LONGEST)


def _is(change: Change, kind: StateType) -> bool:
    return change.kind == "flow-run" and change.body.get("type") == kind
