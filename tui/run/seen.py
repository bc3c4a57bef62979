"""What the panes of a run's screen show: the run and its tasks, at the moment that is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.states import State
from flowtui.tui.run.branches import Branches
from flowtui.tui.run.outline import Outline

__all__ = ["Seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a run. In a replay everything is as it was at `now`, else `now` is now."""

    run: FlowRun
    branches: Branches
    now: datetime
    zone: tzinfo | None
    states: Sequence[State] = ()
    """The run's own history."""
    outline: Outline = field(default_factory=Outline)
    usual: timedelta | None = None
    """What the flow usually takes."""
    task: TaskRun | None = None
    """The task that the timeline's cursor is on."""
    replayed: bool = False
