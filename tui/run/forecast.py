"""When a run will probably end, and how far it is behind what is usual. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.usual import Usual

__all__ = ["NOTHING_KNOWN", "Forecast", "forecast"]

_SLACK: Final = 1.1
_LEAST: Final = timedelta(seconds=1)
"""A run is late when it has taken so many times as long as usual, and so much longer."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of a run that is under way, or how one that ended compares."""

    end: datetime | None
    """When it will probably end; None when nothing is known, or it has ended."""
    late: timedelta | None
    """How much longer than usual it has taken; None when it has not."""


NOTHING_KNOWN: Final = Forecast(None, None)


def forecast(
    run: FlowRun,
    tasks: Iterable[TaskRun],
    of_tasks: Mapping[str, Usual],
    of_run: timedelta | None,
    now: datetime,
) -> Forecast:
    """The end is where the usual duration of the run lies, unless the tasks that are known need longer: the slowest of
    those that run, and what is left to do for as many at once as run now."""
    ran = run.running_time(now)
    late = None
    if ran is not None and of_run is not None and ran > max(_SLACK * of_run, of_run + _LEAST):
        late = ran - of_run
    if ran is None or run.state.is_final() or not run.state.is_running():
        return Forecast(None, late)
    work, slowest, at_once = _left(tasks, of_tasks, now)
    ends = [now + timedelta(seconds=max(work / max(at_once, 1), slowest))] if work > 0 else []
    if of_run is not None:
        ends.append(now + of_run - ran)
    end = max(ends, default=None)
    return Forecast(end if end is not None and end > now else None, late)


def _left(tasks: Iterable[TaskRun], usual: Mapping[str, Usual], now: datetime) -> tuple[float, float, int]:
    """Seconds of work that are left, of the task that needs most of them, and how many tasks run."""
    work = slowest = 0.0
    running = 0
    for task in tasks:
        if task.state.is_final() or task.state.is_not_ready():
            continue
        running += task.state.is_running()
        known = usual.get(task.task_key)
        if known is None:
            continue
        spent = (now - task.start_time).total_seconds() if task.start_time is not None else 0.0
        left = max(known.p50 - spent, 0.0)
        work += left
        slowest = max(slowest, left)
    return work, slowest, running
