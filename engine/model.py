"""The values that travel between store, engine, server and terminal. All are frozen; change makes a new value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from flowtui.engine.amendments import Amendments
from flowtui.engine.provenance import Provenance
from flowtui.engine.states import State, StateType

if TYPE_CHECKING:
    from flowtui.engine.schedules import Schedule

__all__ = [
    "Answer",
    "Backend",
    "BlockDocument",
    "BlockType",
    "Change",
    "Claim",
    "CollisionStrategy",
    "Deployment",
    "DeploymentSchedule",
    "DeploymentSpec",
    "DeploymentVersion",
    "FlowRecord",
    "FlowRun",
    "HourTally",
    "LateLease",
    "Lease",
    "LogLine",
    "LogPage",
    "NewFlowRun",
    "RunCounts",
    "RunStats",
    "Slice",
    "TaskRun",
    "TaskRunFilter",
    "Verdict",
]

T = TypeVar("T")
_EMPTY: Mapping[str, Any] = {}


def _no_items() -> Mapping[str, Any]:
    return _EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRecord:
    """A flow as the store knows it: a name that runs share."""

    id: str
    name: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStats:
    """Counters of one flow run, kept up to date with every batch of task states and log lines."""

    tasks: int = 0
    """Task runs known so far."""
    done: int = 0
    """Task runs in a final state, whichever."""
    failed: int = 0
    """Task runs that ended Failed or Crashed."""
    warnings: int = 0
    """Log lines of level WARNING."""
    errors: int = 0
    """Log lines of level ERROR or above."""
    lines: int = 0
    """All log lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRun:
    """One run of a flow."""

    id: str
    name: str
    flow_id: str
    flow_name: str
    state: State
    created: datetime
    updated: datetime
    parameters: Mapping[str, Any] = field(default_factory=_no_items)
    """JSON values, as the run was asked for."""
    tags: tuple[str, ...] = ()
    deployment_id: str | None = None
    deployment_name: str | None = None
    work_pool_name: str | None = None
    work_queue_name: str | None = None
    parent_task_run_id: str | None = None
    run_count: int = 0
    """How often the flow function was started."""
    expected_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    total_run_time: float = 0.0
    """Seconds spent running, over all attempts."""
    auto_scheduled: bool = False
    idempotency_key: str | None = None
    created_by: str | None = None
    result: str | None = None
    """The returned value as JSON text, when it is small and exact; else None."""
    infrastructure_pid: str | None = None
    """`host:pid` of the process that runs it."""
    worker_name: str | None = None
    """The worker that carries it out, or did so last."""
    flow_version: str | None = None
    deployment_version: str | None = None
    provenance: Provenance | None = None
    """Which code, at which commit, and which packages its last attempt ran with; None until it has begun."""
    amendments: Amendments | None = None
    """What people have changed in it to retry it: inputs of tasks, parameters; None when nothing was."""
    job_variables: Mapping[str, Any] = field(default_factory=_no_items)
    """What this run asks of the worker's job template, over what its deployment asks."""
    retries: int = 0
    """How often it is taken up again when its process is lost."""
    retry_delay_seconds: float = 0.0
    epoch: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    stats: RunStats = field(default_factory=RunStats)

    @property
    def started_or_due(self) -> datetime:
        """When it started, or is due: the order of every list of runs."""
        return self.start_time or self.expected_start_time or self.created

    def elapsed(self, now: datetime) -> timedelta | None:
        """How long it has been running, or ran; None when it never started."""
        if self.start_time is None:
            return None
        return max((self.end_time or now) - self.start_time, timedelta(0))

    def running_time(self, now: datetime) -> timedelta | None:
        """How much of `elapsed` it was running: without its pauses, and the time between its attempts."""
        elapsed, ran = self.elapsed(now), timedelta(seconds=self.total_run_time)
        if elapsed is not None and self.state.is_running():
            ran += max(now - self.state.timestamp, timedelta(0))
        return elapsed if elapsed is None or not ran else min(ran, elapsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """One run of a task, within a flow run or by itself."""

    id: str
    name: str
    task_key: str
    """What task it is: qualified name and a short hash of its source file."""
    dynamic_key: str
    """Which call of that task within the flow run: "0", "1", …"""
    state: State
    created: datetime
    flow_run_id: str | None = None
    tags: tuple[str, ...] = ()
    run_count: int = 0
    flow_run_run_count: int = 0
    expected_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    total_run_time: float = 0.0
    cache_key: str | None = None
    input_key: str | None = None
    """A hash of the arguments, by which a retry recognises the same call; None when they cannot be hashed."""
    task_inputs: Mapping[str, Any] = field(default_factory=_no_items)
    """`{parameter: [{"input_type": "task_run" | "parameter" | …, …}]}`: the edges of the graph."""
    result: str | None = None
    """The returned value as JSON text, when it is small and exact; else None."""
    child_flow_run_id: str | None = None
    """The flow run that this stands for, when a flow was called inside a flow."""
    epoch: int = 0
    claim: int = 0
    """In the task worker that has claimed it: under which epoch of the queue. Not kept beside the run."""

    def elapsed(self, now: datetime) -> timedelta | None:
        """How long it has been running, or ran; None when it never started."""
        if self.start_time is None:
            return None
        return max((self.end_time or now) - self.start_time, timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who owns a run that is being created by the process that runs it, and for how many seconds."""

    owner: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFlowRun:
    """What is needed to create a flow run."""

    flow_name: str
    name: str
    state: State
    parameters: Mapping[str, Any] = field(default_factory=_no_items)
    tags: tuple[str, ...] = ()
    id: str | None = None
    deployment_id: str | None = None
    work_pool_name: str | None = None
    work_queue_name: str | None = None
    parent_task_run_id: str | None = None
    idempotency_key: str | None = None
    """A second creation with the same key (and flow) answers with the first run."""
    schedule_id: str | None = None
    auto_scheduled: bool = False
    created_by: str | None = None
    infrastructure_pid: str | None = None
    flow_version: str | None = None
    provenance: Provenance | None = None
    deployment_version: str | None = None
    job_variables: Mapping[str, Any] = field(default_factory=_no_items)
    retries: int = 0
    """How often it is taken up again when its process is lost."""
    retry_delay_seconds: float = 0.0
    lease: Lease | None = None
    """Given when the creating process will run it itself; the run is then owned from its first instant."""
    start: State | None = None
    """With a lease: the state that is proposed for it as soon as it is there, in the same transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A run that a worker has just taken, and the epoch under which it may write."""

    run: FlowRun
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LateLease:
    """A lease that ought to have been renewed by now."""

    run_id: str
    epoch: int
    owner: str


class Verdict:
    """The four answers to a proposed state (the wire's `status`)."""

    ACCEPT: Literal["ACCEPT"] = "ACCEPT"
    REJECT: Literal["REJECT"] = "REJECT"
    WAIT: Literal["WAIT"] = "WAIT"
    ABORT: Literal["ABORT"] = "ABORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a proposed state.

    `state` is the state the run is in now: the proposed one after ACCEPT, another one after REJECT.
    """

    status: Literal["ACCEPT", "REJECT", "WAIT", "ABORT"]
    state: State
    reason: str | None = None
    delay_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunFilter:
    """Which task runs a list shows."""

    flow_run_id: str | None = None
    state_types: tuple[StateType, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[T]):
    """One page of a list. `next` is the cursor of the page after it, None on the last one."""

    items: tuple[T, ...]
    next: str | None = None


class LogLine(NamedTuple):
    """One line of a run's log. A tuple, because it is made ten thousand times a second: five times as quick."""

    timestamp: datetime
    level: int
    """As in the standard library: 10 DEBUG, 20 INFO, 30 WARNING, 40 ERROR, 50 CRITICAL."""
    message: str
    """May hold line breaks: a traceback is one line of the log."""
    logger: str = "flowtui"
    flow_run_id: str | None = None
    task_run_id: str | None = None
    source: str | None = None
    """`/folder/file.py:14`, the place of the call; None for flowtui's own lines."""
    function: str | None = None
    """The name of the function that wrote it."""
    extra: Mapping[str, Any] | None = None
    """What the call gave as `extra=`: JSON values."""
    task_attempt: int | None = None
    """Which attempt of its task run wrote it, from 1; None for a line of the flow itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Lines `start`, `start + 1`, … of a run's log, and how many there are by now."""

    start: int
    lines: tuple[LogLine, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the change feed. `seq` grows without gaps being meaningful; readers ask for what is after theirs."""

    seq: int
    kind: Literal[
        "flow-run",
        "task-run",
        "run",  # what is not its state: its tags, or that it was deleted
        "deployment",
        "block",
        "backend",
        "variable",
        "artifact",
        "asset",
        "limit",
        "input",
        "work-pool",
        "work-queue",
        "worker",
    ]
    subject_id: str
    name: str
    """For runs the name of the new state; for assets `materialization.succeeded`, `materialization.failed` or
    `referenced`; otherwise `created`, `updated` or `deleted`."""
    occurred: datetime
    flow_run_id: str | None = None
    body: Mapping[str, Any] = field(default_factory=_no_items)
    """For runs the state: id, type, name, message, details."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSchedule:
    """A schedule of a deployment, as the store keeps it: the value that somebody gave, and its id."""

    id: str
    deployment_id: str
    schedule: "Schedule"
    created: datetime | None = None
    updated: datetime | None = None

    @property
    def active(self) -> bool:
        return self.schedule.active

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.schedule.parameters

    @property
    def slug(self) -> str | None:
        return self.schedule.slug


CollisionStrategy = Literal["ENQUEUE", "CANCEL_NEW"]
"""What becomes of a run that is due while as many as its deployment allows are under way: it waits, or is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSpec:
    """What `flowtui deploy` writes to the store. The pair (flow_name, name) is its identity."""

    name: str
    flow_name: str
    entrypoint: str
    """`path/file.py:function`, relative to `path`, or `module.function`."""
    path: str
    """The folder from which the entrypoint is loaded and in which the flow runs."""
    version: str | None = None
    description: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=_no_items)
    parameter_openapi_schema: Mapping[str, Any] = field(default_factory=_no_items)
    enforce_parameter_schema: bool = True
    tags: tuple[str, ...] = ()
    paused: bool = False
    work_pool_name: str | None = "local"
    """None when a process of its own serves it (`flow.serve`)."""
    work_queue_name: str | None = "default"
    job_variables: Mapping[str, Any] = field(default_factory=_no_items)
    schedules: tuple["Schedule", ...] | None = ()
    """None leaves those that are there."""
    concurrency_limit: int | None = None
    """How many of its runs are carried out at once."""
    collision_strategy: CollisionStrategy = "ENQUEUE"
    grace_period_seconds: float | None = None
    pull_steps: tuple[Mapping[str, Any], ...] | None = None
    """What brings the code to where it runs, before the flow is loaded; None when it is there."""
    version_type: str | None = None
    version_info: Mapping[str, Any] = field(default_factory=_no_items)
    """Where this version comes from, such as a commit."""
    retries: int = 0
    """The flow's, so that a run whose process is lost is taken up again without loading the flow."""
    retry_delay_seconds: float = 0.0
    created_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A flow that can be run elsewhere: where its code is, with which parameters, when and where it runs."""

    id: str
    name: str
    flow_id: str
    flow_name: str
    created: datetime
    updated: datetime
    entrypoint: str
    path: str
    version: str | None = None
    description: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=_no_items)
    parameter_openapi_schema: Mapping[str, Any] = field(default_factory=_no_items)
    enforce_parameter_schema: bool = True
    tags: tuple[str, ...] = ()
    paused: bool = False
    work_pool_name: str | None = "local"
    """None when a process of its own serves it (`flow.serve`)."""
    work_queue_name: str | None = "default"
    job_variables: Mapping[str, Any] = field(default_factory=_no_items)
    schedules: tuple[DeploymentSchedule, ...] = ()
    concurrency_limit: int | None = None
    """How many of its runs are carried out at once."""
    collision_strategy: CollisionStrategy = "ENQUEUE"
    grace_period_seconds: float | None = None
    pull_steps: tuple[Mapping[str, Any], ...] | None = None
    version_type: str | None = None
    version_number: int = 1
    """Counts the changes of this deployment."""
    retries: int = 0
    retry_delay_seconds: float = 0.0
    created_by: str | None = None
    updated_by: str | None = None

    @property
    def full_name(self) -> str:
        """`flow/deployment`, the name that commands take."""
        return f"{self.flow_name}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentVersion:
    """What a deployment was after one of its changes."""

    number: int
    """Counts from 1."""
    created: datetime
    version: str | None
    """What whoever deployed it, or its flow, calls it."""
    version_type: str | None = None
    info: Mapping[str, Any] = field(default_factory=_no_items)
    """Where it comes from: `commit_sha`, `branch`, `message`, `url`, `dirty`, in a checkout of git."""
    spec: Mapping[str, Any] = field(default_factory=_no_items)
    """What a version keeps, as JSON values: entrypoint, parameters, schedules, pull steps …"""
    changed: tuple[str, ...] = ()
    """What differs from the version before, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockType:
    """A kind of block: its name, what it is for, and the JSON schema of its fields."""

    slug: str
    name: str
    description: str
    schema: Mapping[str, Any]
    """JSON schema of an object; `secret_fields` lists the dotted names of its secret fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDocument:
    """A saved block. Secret values are `********` unless they were asked for."""

    id: str
    name: str
    type_slug: str
    data: Mapping[str, Any]
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A process that serves this store: runs its services and starts its flow runs."""

    id: str
    kind: Literal["embedded", "server"]
    host: str
    pid: int
    url: str | None
    started: datetime
    seen: datetime
    """When it last said that it is alive, by the store's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourTally:
    """How many runs ended in which state within one hour."""

    hour: datetime
    completed: int = 0
    failed: int = 0
    crashed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        return self.completed + self.failed + self.crashed + self.cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """The figures of the workstation's header: what is going on now."""

    running: int = 0
    pending: int = 0
    scheduled: int = 0
    late: int = 0
    paused: int = 0
    cancelling: int = 0
    failed_today: int = 0
    """Runs that ended Failed or Crashed within the last 24 hours."""
    next_start: datetime | None = None
    """When the next scheduled run is due."""
