"""What is known of the run whose log is shown, beyond its lines. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flowtui.engine.model import FlowRun
from flowtui.engine.states import State

__all__ = ["RunFacts", "attempts_of"]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Names that filters and columns speak of."""

    title: str = ""
    """What the log is called: the name of the run."""
    runs: tuple[FlowRun, ...] = ()
    """The run, or those whose logs are merged."""
    tasks: Mapping[str, str] = field(default_factory=dict)
    """Names of task runs, by id."""
    attempts: tuple[datetime, ...] = ()
    """When each attempt of the run began."""

    @property
    def env(self) -> dict[str, str]:
        """What commands are told: `FLOWTUI_FLOW_RUN_ID` and the like."""
        env = {"FLOWTUI_FLOW_RUN_IDS": " ".join(run.id for run in self.runs)} if self.runs else {}
        if len(self.runs) == 1:
            run = self.runs[0]
            env |= {
                "FLOWTUI_FLOW_RUN_ID": run.id,
                "FLOWTUI_FLOW_RUN_NAME": run.name,
                "FLOWTUI_FLOW_NAME": run.flow_name,
                "FLOWTUI_STATE": run.state.name,
            }
            if run.deployment_id is not None:
                env |= {"FLOWTUI_DEPLOYMENT_ID": run.deployment_id, "FLOWTUI_DEPLOYMENT": run.deployment_name or ""}
        return env


def attempts_of(states: Sequence[State]) -> tuple[datetime, ...]:
    """When each attempt began: a run that is taken up again enters Running again."""
    return tuple(
        state.timestamp
        for before, state in zip([None, *states], states, strict=False)
        if state.is_running() and (before is None or not before.is_running())
    )
