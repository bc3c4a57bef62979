"""What the panes of a run's screen show: the run and its tasks, at the moment that is looked at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.shared import ArtifactRecord
from flowtui.engine.states import State
from flowtui.tui.run.branches import Branches
from flowtui.tui.run.outline import Outline

__all__ = ["Seen", "nothing"]


def nothing(run: FlowRun) -> str:
    """What is said of a run without tasks."""
    return "This run has called no task." if run.state.is_final() else "No task has been called yet."


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
    opened: frozenset[str] = frozenset()
    """Subflows and groups that are open, by the id of their row or node."""
    artifacts: Sequence[ArtifactRecord] = ()
    """Those of the run, newest first."""
    replayed: bool = False

    @property
    def makers(self) -> Mapping[str, int]:
        """How many artifacts each task run has made."""
        return Counter(made.task_run_id for made in self.artifacts if made.task_run_id is not None)
