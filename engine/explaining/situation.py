"""What has to be known of a run to explain why it waits; the store reads it, the rules beside this module judge it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flowtui.engine.model import Backend, Deployment, DeploymentSchedule, FlowRun, TaskRun
from flowtui.engine.orchestration.handing_out import Hold, HoldKind
from flowtui.engine.pools import WorkerRecord, WorkPool, WorkQueue
from flowtui.engine.shared import ConcurrencyLimit, SlotHolder
from flowtui.engine.states import State

__all__ = ["FullLimit", "Line", "Question", "Server", "Situation", "TaskSituation", "Upstream"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A worker of the run's pool."""

    record: WorkerRecord
    takes: bool
    """It takes runs from the run's queue."""
    busy: tuple[FlowRun, ...] = ()
    """What it has in hand."""
    next: tuple[str, ...] = ()
    """The names of the runs that it would be handed now, in that order."""
    next_ids: tuple[str, ...] = ()

    @property
    def is_full(self) -> bool:
        slots = self.record.slots
        return slots is not None and len(self.busy) >= slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where a scheduled run stands, and what the scheduler says of it."""

    due: datetime
    pool_name: str | None = None
    queue_name: str | None = None
    pool: WorkPool | None = None
    queue: WorkQueue | None = None
    holds: tuple[Hold, ...] = ()
    holders: Mapping[HoldKind, tuple[FlowRun, ...]] = field(default_factory=dict)
    """Who has the slots of a limit that is full."""
    servers: tuple[Server, ...] = ()
    """The workers of the pool: those online first."""
    ahead: int = 0
    """How many due runs come before it in its pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FullLimit:
    """A limit that somebody waits for, and who holds its slots."""

    limit: ConcurrencyLimit
    holders: tuple[SlotHolder, ...]
    waiting: tuple[str, ...]
    """The names of the task runs that wait for it; empty when the flow itself does."""
    waiting_ids: tuple[str, ...] = ()
    """The ids of those task runs."""
    since: datetime | None = None
    """Since when the first of them waits, if that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a paused run has to be told before it goes on."""

    title: str | None
    description: str | None
    fields: tuple[str, ...]
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A flow run and its surroundings. What its state does not need is left empty."""

    run: FlowRun
    now: datetime
    backends: tuple[Backend, ...] = ()
    deployment: Deployment | None = None
    schedule: DeploymentSchedule | None = None
    """The schedule that planned it."""
    line: Line | None = None
    limits: tuple[FullLimit, ...] = ()
    tasks: tuple[TaskRun, ...] = ()
    """Its task runs that have not ended."""
    children: tuple[FlowRun, ...] = ()
    """Its subflows that have not ended."""
    parent: FlowRun | None = None
    question: Question | None = None

    @property
    def state(self) -> State:
        return self.run.state

    @property
    def silent(self) -> bool:
        """The process that owns it has not renewed its lease in time."""
        return self.run.lease_until is not None and self.run.lease_until <= self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A task run that another one waits for."""

    id: str
    name: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSituation:
    """A task run and its surroundings."""

    run: TaskRun
    now: datetime
    flow_run: FlowRun | None = None
    upstream: tuple[Upstream, ...] = ()
    limits: tuple[FullLimit, ...] = ()
    child: FlowRun | None = None
