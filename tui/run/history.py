"""All that happened in a run, in the order of time, and what was true at any moment of it. Pure."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flowtui.engine.model import Change
from flowtui.engine.states import State, StateType

__all__ = ["History", "state_of"]


def state_of(change: Change) -> State | None:
    """The state that a change tells of; None when it tells of something else."""
    kind = change.body.get("type")
    if change.kind not in ("flow-run", "task-run") or kind is None:
        return None
    return State(
        type=StateType(kind),
        name=change.name,
        message=change.body.get("message"),
        timestamp=change.occurred,
        id=str(change.body.get("id") or change.seq),
        details=change.body.get("details") or {},
    )


@dataclass(frozen=True, slots=True)
class History:
    """What happened, oldest first; and the states of each run in it."""

    changes: tuple[Change, ...] = ()
    _states: Mapping[str, tuple[Sequence[datetime], Sequence[State]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, changes: Iterable[Change]) -> "History":
        """Each change once, in the order of time; those of one instant in the order in which they were written."""
        ordered = sorted({change.seq: change for change in changes}.values(), key=lambda c: (c.occurred, c.seq))
        states: defaultdict[str, list[State]] = defaultdict(list)
        for change in ordered:
            if (state := state_of(change)) is not None:
                states[change.subject_id].append(state)
        return cls(tuple(ordered), {run: ([s.timestamp for s in found], found) for run, found in states.items()})

    def with_changes(self, more: Iterable[Change]) -> "History":
        """With what happened since; what is known already counts once."""
        known = {change.seq for change in self.changes}
        new = [change for change in more if change.seq not in known]
        return History.of((*self.changes, *new)) if new else self

    def states_until(self, run_id: str, moment: datetime) -> Sequence[State]:
        """The states that a flow run or task run had had at a moment, oldest first."""
        times, states = self._states.get(run_id, ((), ()))
        return states[: bisect_right(times, moment)]

    def state_at(self, run_id: str, moment: datetime) -> State | None:
        """The state that it was in; None when it was not there yet."""
        states = self.states_until(run_id, moment)
        return states[-1] if states else None

    @property
    def moments(self) -> Sequence[datetime]:
        """When anything happened, each instant once, in order."""
        return list(dict.fromkeys(change.occurred for change in self.changes))
