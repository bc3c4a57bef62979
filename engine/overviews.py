"""The figures of whole screens: each flow at a glance, and how long runs took. The values."""

from dataclasses import dataclass
from datetime import datetime

from flowtui.engine.model import FlowRun
from flowtui.engine.states import StateType

__all__ = ["DurationPoint", "DurationSample", "FlowFigures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFigures:
    """A flow, as the store knows it."""

    name: str
    last: FlowRun | None = None
    """The newest run that has started or was due."""
    runs: int = 0
    more: bool = False
    """True when there are more runs than are counted."""
    usual: float | None = None
    """Seconds that its latest completed runs took: their median; None when none of them completed."""
    deployments: tuple[str, ...] = ()
    """Names, without the flow's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationPoint:
    """A run that has ended, and how long it took."""

    run_id: str
    flow_name: str
    start: datetime
    seconds: float
    state: StateType


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationSample:
    """Runs that started within a span of time, oldest first."""

    points: tuple[DurationPoint, ...] = ()
    complete: bool = True
    """False when there were so many that only the newest of each part of the span are here."""
