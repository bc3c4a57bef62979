"""What a run's record says after a transition: start and end, counts and durations. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flowtui.engine.states import State, StateType

__all__ = ["Times", "after"]

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The part of a run that follows from its states alone."""

    run_count: int = 0
    expected_start: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    total: timedelta = _ZERO


def after(times: Times, old: State | None, new: State) -> Times:
    """The times once `new` has followed `old` (None: the run is being created with `new`)."""
    total = times.total
    if old is not None and old.type is StateType.RUNNING:
        total += max(new.timestamp - old.timestamp, _ZERO)  # a clock that was set back must not subtract
    due = new.details.get("scheduled_time")
    return replace(
        times,
        run_count=times.run_count + (1 if new.is_running() and not _goes_on(old) else 0),
        expected_start=datetime.fromisoformat(str(due)) if due else times.expected_start or new.timestamp,
        start=times.start or (new.timestamp if new.is_running() else None),
        end=new.timestamp if new.is_final() else None,
        total=total,
    )


def _goes_on(old: State | None) -> bool:
    """Running after a pause is the same attempt."""
    return old is not None and old.is_paused()
