"""What is known of the run whose log is shown, beyond its lines. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.states import State

__all__ = ["RunFacts", "attempts_of", "number_of_attempt", "span_of_attempt"]


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
    task_attempts: int = 1
    """How often the task that was tried most often was tried."""

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


def number_of_attempt(text: str) -> int | None:
    """The number of an attempt, from 1; None for what is none."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
    return number or None


def span_of_attempt(text: str, attempts: Sequence[datetime]) -> tuple[datetime | None, datetime | None]:
    """From when on, and until when, lines are of the attempt of that number. Raises `UsageError`."""
    number = number_of_attempt(text)
    if number is None or number > len(attempts):
        known = f"1 to {len(attempts)}" if len(attempts) > 1 else "only attempt 1" if attempts else "none yet"
        raise UsageError(f"There is no attempt {text}; there is {known}.")
    # What is logged before the first attempt, while the run is set up, counts to the first.
    since = attempts[number - 1] if number > 1 else None
    return since, attempts[number] if number < len(attempts) else None
