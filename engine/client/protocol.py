"""The seam: what engine, workers, command line and terminal ask of whoever keeps the runs (DESIGN D1).

Every verb is synchronous, safe to call from any thread, and works on the frozen values of `flowtui.engine.model`.
Async code calls a verb with `anyio.to_thread.run_sync`. Lists come in slices, newest first, and are paged by cursor.
Verbs raise `NotFound` for an id or a name that does not exist and `StoreError` when the store cannot be used.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from flowtui.engine.client.amending import Amending
from flowtui.engine.client.changing import Changing
from flowtui.engine.client.explaining import Explaining
from flowtui.engine.client.listing import Listing
from flowtui.engine.client.log_scanning import LogScanning
from flowtui.engine.client.overview import Overviewing
from flowtui.engine.client.pooling import Pooling
from flowtui.engine.client.queueing import Queueing
from flowtui.engine.client.recalling import Recalling
from flowtui.engine.client.scheduling import Scheduling
from flowtui.engine.client.sharing import Sharing
from flowtui.engine.client.tracing import Tracing
from flowtui.engine.model import (
    Answer,
    Backend,
    BlockDocument,
    BlockType,
    Change,
    Claim,
    Deployment,
    DeploymentSpec,
    DeploymentVersion,
    FlowRecord,
    FlowRun,
    HourTally,
    LateLease,
    LogLine,
    LogPage,
    NewFlowRun,
    RunCounts,
    Slice,
    TaskRun,
    TaskRunFilter,
)
from flowtui.engine.pools import NextDue
from flowtui.engine.query import Query
from flowtui.engine.states import State

__all__ = ["Client"]


class Client(
    Sharing,
    Pooling,
    Explaining,
    Queueing,
    Scheduling,
    Recalling,
    Changing,
    Tracing,
    Amending,
    Overviewing,
    LogScanning,
    Listing,
    Protocol,
):
    """Where runs are kept and asked for; what they keep and share stands in `sharing.py`, where they run elsewhere in
    `pooling.py`, why they wait in `explaining.py`, what is left to task workers in `queueing.py`, schedules in
    `scheduling.py`, the past of runs in `recalling.py`, many runs at once in `changing.py`, what they were carried
    out with in `tracing.py`, retries with changes in `amending.py`, the figures of whole screens in `overview.py`,
    whole logs in `log_scanning.py`, long lists of runs in `listing.py`."""

    @property
    def address(self) -> str:
        """What a person calls this store: `sqlite ~/.flowtui/flowtui.db`, without any password."""
        ...

    def close(self) -> None:
        """Write everything that is still waiting, then let go of the store. Idempotent."""
        ...

    # -- flow runs ----------------------------------------------------------------------------------------------

    def create_flow_run(self, new: NewFlowRun) -> FlowRun:
        """Create a run (and its flow, when it is the first of that name). Durable when this returns."""
        ...

    def read_flow_run(self, run_id: str) -> FlowRun: ...

    def find_flow_runs(self, prefix: str, limit: int = 10) -> tuple[FlowRun, ...]:
        """Runs whose name is `prefix` or whose id begins with it: what a person types for a run."""
        ...

    def list_flow_runs(
        self, query: Query | None = None, *, limit: int = 50, after: str | None = None
    ) -> Slice[FlowRun]:
        """Newest first by `started_or_due`; `after` is the `next` of the slice before. Relative times of the query
        count by the store's clock, at each slice."""
        ...

    def flow_run_ids(self, query: Query, *, limit: int) -> tuple[str, ...]:
        """The ids of all runs that the query lets through, at one instant, newest first and at most `limit`."""
        ...

    def set_flow_run_state(
        self, run_id: str, state: State, *, epoch: int | None = None, force: bool = False, result: str | None = None
    ) -> Answer:
        """Propose a state. The rules answer; what is accepted is durable when this returns, with every buffered
        task state, event and log line that came before it.

        A proposal of the run's owner carries its `epoch`; `StaleEpoch` is raised when another has taken over.
        `force` skips the rules, but never the epoch. `result` is the returned value as JSON text, kept beside it.
        """
        ...

    def delete_flow_run(self, run_id: str) -> None:
        """Forget a run with its task runs, logs and history. Raises `UsageError` while a process owns it."""
        ...

    def tag_flow_run(self, run_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> bool:
        """Give a run tags and take some away; answers whether that changed anything."""
        ...

    def flow_run_states(self, run_id: str) -> tuple[State, ...]:
        """Its history, oldest first."""
        ...

    def run_counts(self) -> RunCounts: ...

    def run_tallies(self, since: datetime) -> tuple[HourTally, ...]:
        """One per hour in which a run ended, oldest first."""
        ...

    def usual_seconds(self, flow_name: str, limit: int = 30) -> tuple[float, ...]:
        """How long the last completed runs of a flow took, newest first."""
        ...

    # -- ownership ----------------------------------------------------------------------------------------------

    def claim_flow_runs(
        self,
        pool: str | None,
        owner: str,
        *,
        limit: int,
        lease_seconds: float,
        queues: Sequence[str] = (),
        worker: str | None = None,
        deployments: Sequence[str] = (),
    ) -> tuple[Claim, ...]:
        """Take due runs of a pool: Scheduled → Pending, epoch + 1, owned until the lease ends.

        Queues are served in the order of their priority, each oldest first, within the limits of pool, queue and
        deployment and not while they are paused. `queues` are the only ones to take from; `worker` is who asks, and is
        kept on the run. Without a pool, runs of those `deployments` are taken that have none (`flow.serve`).
        """
        ...

    def next_due(self, pool: str | None, *, queues: Sequence[str] = (), deployments: Sequence[str] = ()) -> NextDue:
        """When the next run is due that `claim_flow_runs` would hand out, by the store's clock."""
        ...

    def claim_flow_run(self, run_id: str, owner: str, *, lease_seconds: float) -> Claim:
        """Take one run, due or not (also one that ended and is run again here). Raises `IllegalTransition`
        when it is owned by a live process."""
        ...

    def renew_leases(self, owner: str, runs: Mapping[str, int], *, lease_seconds: float) -> Mapping[str, str]:
        """Prolong the leases of `runs` ({run id: epoch}). Answers `{run id: word}` for those that need attention:
        `lost` (another epoch), `cancelling`, or `ended`."""
        ...

    def late_leases(self, host: str, *, within_seconds: float) -> tuple[LateLease, ...]:
        """The leases of processes of a machine that end so soon or have ended. Runs that are being cancelled are left
        out: whoever does not end them loses them."""
        ...

    def set_infrastructure_pid(self, run_id: str, pid: str, *, epoch: int, flow_version: str | None = None) -> None:
        """Note which process runs it and, when that is given, which version of its flow."""
        ...

    # -- task runs and logs: buffered, written in groups ----------------------------------------------------------

    def save_task_run(self, run: TaskRun) -> None:
        """Record the run as it is now; `run.state` is appended to its history. Returns at once: the write is
        committed with others within 50 ms, and before the next accepted state of its flow run."""
        ...

    def write_logs(self, lines: Iterable[LogLine]) -> None:
        """Append lines to the logs of their flow runs; buffered like `save_task_run`."""
        ...

    def flush(self) -> None:
        """Wait until everything buffered is written."""
        ...

    def read_task_run(self, run_id: str) -> TaskRun: ...

    def list_task_runs(
        self, where: TaskRunFilter | None = None, *, limit: int = 200, after: str | None = None
    ) -> Slice[TaskRun]:
        """Newest first by id; with a `flow_run_id`, oldest first: the order in which they were made."""
        ...

    def task_run_states(self, run_id: str) -> tuple[State, ...]:
        """Its history, oldest first."""
        ...

    def read_logs(self, flow_run_id: str, *, start: int = 0, limit: int = 1000) -> LogPage:
        """Lines by number, in the order in which they were written. A negative `start` counts from the end."""
        ...

    # -- changes --------------------------------------------------------------------------------------------------

    def changes(self, after: int | None, *, limit: int = 500) -> tuple[Change, ...]:
        """What happened after `after`, oldest first. None asks for the newest entry only: a place to start."""
        ...

    def wait(self, seen: int, timeout: float, *, within: float = 0.04) -> int:
        """Block until anything was committed since `seen` (by any process), or for `timeout` seconds. Answers with
        the number to pass next time. Start with 0, which returns at once.

        A commit of another process may be noticed `within` seconds, and no sooner, where it has to be looked for, as
        the system does not tell of it: a quarter of a percent of a core goes into ten looks a second."""
        ...

    # -- deployments ----------------------------------------------------------------------------------------------

    def list_flows(self, *, limit: int = 200, after: str | None = None) -> Slice[FlowRecord]: ...

    def save_deployment(self, spec: DeploymentSpec) -> Deployment:
        """Create or update by (flow, name). A schedule is the one that it was by its slug, else by its definition; it
        and the deployment stay switched as a person left them, unless the spec says another thing than the last one.
        Scheduled runs of schedules that went away are removed, and what is ahead is planned at once. Raises
        `ScheduleError` for a schedule that can never fire."""
        ...

    def save_deployments(self, specs: Sequence[DeploymentSpec]) -> tuple[Deployment, ...]:
        """`save_deployment` for several: all of them, or none."""
        ...

    def list_deployment_versions(self, deployment_id: str, *, limit: int = 50) -> tuple[DeploymentVersion, ...]:
        """What the deployment was at each of its changes, newest first."""
        ...

    def read_deployment(self, name_or_id: str) -> Deployment:
        """By id, by `flow/deployment`, or by a deployment name that only one flow has."""
        ...

    def list_deployments(self, *, limit: int = 200, after: str | None = None) -> Slice[Deployment]:
        """By name."""
        ...

    def set_deployment_paused(self, deployment_id: str, paused: bool) -> None: ...

    def delete_deployment(self, deployment_id: str) -> None: ...

    def run_deployment(
        self,
        deployment_id: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        scheduled_time: datetime | None = None,
        name: str | None = None,
        tags: Sequence[str] = (),
        idempotency_key: str | None = None,
        created_by: str | None = None,
        work_queue_name: str | None = None,
        job_variables: Mapping[str, Any] | None = None,
        parent_task_run_id: str | None = None,
        flow_run_id: str | None = None,
    ) -> FlowRun:
        """Create a Scheduled run of a deployment, due now unless a time is given. `parameters` are laid over the
        deployment's; `ParameterError` when the result does not fit its schema. With a `parent_task_run_id` it is
        part of the graph of another run: that task run is from then on as the run is. `flow_run_id` is the id that it
        gets, unless the idempotency key was used before."""
        ...

    # -- blocks ---------------------------------------------------------------------------------------------------

    def list_block_types(self) -> tuple[BlockType, ...]: ...

    def list_blocks(self) -> tuple[BlockDocument, ...]:
        """By type and name, secrets masked."""
        ...

    def read_block(self, type_slug: str, name: str, *, include_secrets: bool = False) -> BlockDocument: ...

    def save_block(
        self, type_slug: str, name: str, data: Mapping[str, Any], *, overwrite: bool = False
    ) -> BlockDocument:
        """Validate, encrypt the secret fields, and keep. A secret given as `********` keeps its stored value.
        Raises `BlockError` when the name is taken (without `overwrite`) or a field does not fit."""
        ...

    def delete_block(self, block_id: str) -> None: ...

    # -- who serves the store ---------------------------------------------------------------------------------------

    def list_backends(self) -> tuple[Backend, ...]:
        """Those that said within the last 15 seconds that they are alive, by the store's clock."""
        ...

    def announce_backend(self, backend: Backend) -> None:
        """Say that a backend is alive (call it again every 5 seconds)."""
        ...

    def remove_backend(self, backend_id: str) -> None: ...
