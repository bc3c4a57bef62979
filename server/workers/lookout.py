"""Notice at once which runs are due and which are to be cancelled, without asking the store all the time."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flowtui.engine import faults
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import Clock, utc_now
from flowtui.engine.model import Change, Claim
from flowtui.engine.query import Query
from flowtui.engine.states import StateType

__all__ = ["Lookout", "Sighting"]

# Looked for in any case this often: news may be missed, a clock may be set, another pool's run may stand in front.
_LONGEST: Final = timedelta(seconds=5)
_SHORTEST: Final = timedelta(milliseconds=250)
_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one look brought."""

    claims: tuple[Claim, ...] = ()
    cancelling: frozenset[str] = frozenset()


class Lookout:
    """Knows from the change feed and from the time of the next due run when a look is worth it."""

    def __init__(self, client: Client, *, pool: str, owner: str, lease_seconds: float, now: Clock = utc_now) -> None:
        self._client = client
        self._pool = pool
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._now = now
        self._cursor: int | None = None
        self._look_for_due = True
        self._due = now()

    def slot_freed(self) -> None:
        """A run has ended, so one that waits for a slot may start."""
        self._look_for_due = True

    def seconds_until_due(self) -> float:
        """How long nothing will be due, unless there is news."""
        return 0.0 if self._look_for_due else max(0.0, (self._due - self._now()).total_seconds())

    def look(self, in_hand: Set[str], free: int) -> Sighting:
        """Claim up to `free` due runs, and name those of `in_hand` that are to be cancelled."""
        changes, missed = self._news()
        cancelling = {change.subject_id for change in changes if _is(change, StateType.CANCELLING)} & in_hand
        if missed and in_hand:
            cancelling |= self._all_cancelling(in_hand)
        if any(_is(change, StateType.SCHEDULED) for change in changes) or missed or self._now() >= self._due:
            self._look_for_due = True
        claims: tuple[Claim, ...] = ()
        if self._look_for_due:
            self._look_for_due = False
            if free > 0:
                faults.hit("worker.before_claim")
                claims = self._client.claim_flow_runs(
                    self._pool, self._owner, limit=free, lease_seconds=self._lease_seconds
                )
                if claims:
                    faults.hit("worker.claimed")
            # Without a free slot there is nothing to be woken for: the run that frees one says so.
            self._due = self._next_due() if free > len(claims) else self._now() + _LONGEST
        return Sighting(claims=claims, cancelling=frozenset(cancelling))

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

    def _next_due(self) -> datetime:
        now = self._now()
        start = self._client.run_counts().next_start
        return now + _LONGEST if start is None else min(max(start, now + _SHORTEST), now + _LONGEST)


def _is(change: Change, kind: StateType) -> bool:
    return change.kind == "flow-run" and change.body.get("type") == kind
