"""The client that uses the store directly, in the same process."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine import faults, store
from flowtui.engine.addresses import sqlite_words
from flowtui.engine.client.local_amending import LocalAmending
from flowtui.engine.client.local_changing import LocalChanging
from flowtui.engine.client.local_explaining import LocalExplaining
from flowtui.engine.client.local_listing import LocalListing
from flowtui.engine.client.local_log_scanning import LocalLogScanning
from flowtui.engine.client.local_overview import LocalOverview
from flowtui.engine.client.local_pooling import LocalPooling
from flowtui.engine.client.local_queueing import LocalQueueing
from flowtui.engine.client.local_recalling import LocalRecalling
from flowtui.engine.client.local_scheduling import LocalScheduling
from flowtui.engine.client.local_sharing import LocalSharing
from flowtui.engine.client.local_tracing import LocalTracing
from flowtui.engine.clock import from_micros, to_micros, utc_now
from flowtui.engine.errors import BlockNotFound, UsageError
from flowtui.engine.ids import new_id, new_slug
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
from flowtui.engine.query import Query
from flowtui.engine.schedules.reach import HORIZON, PER_SCHEDULE, Reach
from flowtui.engine.states import Scheduled, State
from flowtui.engine.store.commits import Commits
from flowtui.engine.store.database import Database
from flowtui.engine.store.writer import Writer

if TYPE_CHECKING:
    from flowtui.engine.blocks.vault import Vault
    from flowtui.engine.pools import NextDue, WorkerRecord
    from flowtui.engine.settings import Settings

__all__ = ["LocalClient"]

_ALL = Query()
_MOST_PARTS: Final = 20


class LocalClient(
    LocalSharing,
    LocalPooling,
    LocalExplaining,
    LocalQueueing,
    LocalScheduling,
    LocalRecalling,
    LocalChanging,
    LocalTracing,
    LocalAmending,
    LocalOverview,
    LocalLogScanning,
    LocalListing,
):
    """`Client` and the services' housekeeping verbs, on a store in this process. See `protocol.py` for each verb."""

    def __init__(self, settings: "Settings", database: Database) -> None:
        self.settings = settings
        self._db = database
        self._commits = Commits(database)
        self.fenced: set[str] = set()
        """Flow runs whose writes were refused because another process has taken over."""
        self._writer = Writer(database, self._commits.announce, self.fenced.update)
        self._vault: Vault | None = None

    @classmethod
    def open(cls, settings: "Settings", *, as_it_is: bool = False) -> "LocalClient":
        """Open the store, creating or migrating its tables, or, `as_it_is`, raising where that would have to be done.
        Raises `StoreError`."""
        database = Database(settings)
        try:
            if not database.is_known:
                (store.schema.require_up_to_date if as_it_is else store.schema.bring_up_to_date)(database)
        except BaseException:
            database.close()
            raise
        return cls(settings, database)

    @property
    def address(self) -> str:
        if not self._db.is_sqlite:
            return self._db.shown_url
        return sqlite_words(str(self._db.url.database))

    def close(self) -> None:
        self._writer.close()
        self._commits.close()
        self._db.close()

    # -- flow runs ----------------------------------------------------------------------------------------------

    def create_flow_run(self, new: NewFlowRun) -> FlowRun:
        def create(connection: Any) -> FlowRun:
            if new.work_pool_name is not None:
                store.work_pools.require_queue(connection, new.work_pool_name, new.work_queue_name)
            run_id = store.transitions.create(self._db, connection, new)
            if new.start is not None:
                store.transitions.propose(self._db, connection, run_id, new.start, epoch=1, force=False, result=None)
            return store.flow_runs.read(connection, run_id)

        return self._writer.call(create)

    def read_flow_run(self, run_id: str) -> FlowRun:
        with self._db.read() as connection:
            return store.flow_runs.read(connection, run_id)

    def find_flow_runs(self, prefix: str, limit: int = 10) -> tuple[FlowRun, ...]:
        with self._db.read() as connection:
            return store.flow_runs.find(connection, prefix, limit)

    def list_flow_runs(
        self, query: Query | None = None, *, limit: int = 50, after: str | None = None
    ) -> Slice[FlowRun]:
        with self._db.read() as connection:
            return store.flow_runs.slice_of(self._db, connection, query or _ALL, limit, after)

    def flow_run_ids(self, query: Query, *, limit: int) -> tuple[str, ...]:
        with self._db.read() as connection:
            return store.flow_runs.ids_of(self._db, connection, query, limit)

    def set_flow_run_state(
        self, run_id: str, state: State, *, epoch: int | None = None, force: bool = False, result: str | None = None
    ) -> Answer:
        return self._writer.call(
            lambda c: store.transitions.propose(self._db, c, run_id, state, epoch=epoch, force=force, result=result)
        )

    def delete_flow_run(self, run_id: str) -> None:
        self._writer.call(lambda c: store.run_edits.delete(self._db, c, run_id))

    def tag_flow_run(self, run_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> bool:
        return self._writer.call(lambda c: store.run_edits.tag(self._db, c, run_id, add, remove))

    def flow_run_states(self, run_id: str) -> tuple[State, ...]:
        with self._db.read() as connection:
            return store.flow_runs.states(connection, run_id)

    def run_counts(self) -> RunCounts:
        with self._db.read() as connection:
            return store.figures.counts(connection, self._db.now(connection))

    def run_tallies(self, since: datetime) -> tuple[HourTally, ...]:
        with self._db.read() as connection:
            return store.figures.tallies(connection, since)

    def usual_seconds(self, flow_name: str, limit: int = 30) -> tuple[float, ...]:
        with self._db.read() as connection:
            return store.figures.usual_seconds(connection, flow_name, limit)

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
        wanted = store.claims.Wanted(
            pool=pool,
            owner=owner,
            limit=limit,
            lease_seconds=lease_seconds,
            queues=tuple(queues),
            worker=worker,
            deployments=tuple(deployments),
        )

        def claim(connection: Any) -> tuple[Claim, ...]:
            taken = store.claims.claim_due(self._db, connection, wanted)
            if taken:
                faults.hit("store.claiming")
            return taken

        return self._writer.call(claim)

    def next_due(self, pool: str | None, *, queues: Sequence[str] = (), deployments: Sequence[str] = ()) -> "NextDue":
        with self._db.read() as connection:
            return store.upcoming.next_due(self._db, connection, pool, queues, deployments)

    def claim_flow_run(self, run_id: str, owner: str, *, lease_seconds: float) -> Claim:
        return self._writer.call(lambda c: store.ownership.claim_one(self._db, c, run_id, owner, lease_seconds))

    def renew_leases(self, owner: str, runs: Mapping[str, int], *, lease_seconds: float) -> Mapping[str, str]:
        return self._writer.call(lambda c: store.ownership.renew(self._db, c, owner, runs, lease_seconds))

    def late_leases(self, host: str, *, within_seconds: float) -> tuple[LateLease, ...]:
        with self._db.read() as connection:
            return store.ownership.late(self._db, connection, host, within_seconds)

    def set_infrastructure_pid(self, run_id: str, pid: str, *, epoch: int, flow_version: str | None = None) -> None:
        self._writer.call(lambda c: store.transitions.set_process(self._db, c, run_id, pid, epoch, flow_version))

    # -- task runs and logs ---------------------------------------------------------------------------------------

    def save_task_run(self, run: TaskRun) -> None:
        self._writer.put((run,))

    def write_logs(self, lines: Iterable[LogLine]) -> None:
        self._writer.put(lines)

    def flush(self) -> None:
        self._writer.flush()

    def read_task_run(self, run_id: str) -> TaskRun:
        with self._db.read() as connection:
            return store.task_runs.read(connection, run_id)

    def list_task_runs(
        self, where: TaskRunFilter | None = None, *, limit: int = 200, after: str | None = None
    ) -> Slice[TaskRun]:
        with self._db.read() as connection:
            return store.task_runs.slice_of(connection, where or TaskRunFilter(), limit, after)

    def task_run_states(self, run_id: str) -> tuple[State, ...]:
        with self._db.read() as connection:
            return store.flow_runs.states(connection, run_id)

    def read_logs(self, flow_run_id: str, *, start: int = 0, limit: int = 1000) -> LogPage:
        with self._db.read() as connection:
            return store.log_chunks.read_lines(connection, flow_run_id, start, limit)

    # -- changes --------------------------------------------------------------------------------------------------

    def changes(self, after: int | None, *, limit: int = 500) -> tuple[Change, ...]:
        return store.feed.read(self._db, after, limit)

    def wait(self, seen: int, timeout: float, *, within: float = 0.04) -> int:
        return self._commits.wait(seen, timeout, within)

    # -- deployments ----------------------------------------------------------------------------------------------

    def list_flows(self, *, limit: int = 200, after: str | None = None) -> Slice[FlowRecord]:
        with self._db.read() as connection:
            return store.deployments.list_flows(connection, limit, after)

    def save_deployment(self, spec: DeploymentSpec) -> Deployment:
        return self.save_deployments((spec,))[0]

    def save_deployments(self, specs: Sequence[DeploymentSpec]) -> tuple[Deployment, ...]:
        for spec in specs:
            self._check_job_variables(spec.work_pool_name, spec.job_variables, partial=not spec.schedules)

        def save(connection: Any) -> tuple[Deployment, ...]:
            ids = [store.deployments.save(self._db, connection, spec) for spec in specs]
            return tuple(store.deployments.read(connection, deployment_id) for deployment_id in ids)

        for spec in specs:
            self._check_timings(spec.schedules or ())
        saved = self._writer.call(save)
        for deployment in saved:
            self._plan(deployment.id)
        return saved

    def list_deployment_versions(self, deployment_id: str, *, limit: int = 50) -> tuple[DeploymentVersion, ...]:
        with self._db.read() as connection:
            return store.deployment_versions.list_versions(connection, deployment_id, limit)

    def read_deployment(self, name_or_id: str) -> Deployment:
        with self._db.read() as connection:
            return store.deployments.read(connection, name_or_id)

    def list_deployments(self, *, limit: int = 200, after: str | None = None) -> Slice[Deployment]:
        with self._db.read() as connection:
            return store.deployments.slice_of(connection, limit, after)

    def set_deployment_paused(self, deployment_id: str, paused: bool) -> None:
        self._writer.call(lambda c: store.deployments.set_paused(self._db, c, deployment_id, paused))
        self._plan(deployment_id)

    def delete_deployment(self, deployment_id: str) -> None:
        self._writer.call(lambda c: store.deployments.delete(self._db, c, deployment_id))

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
        deployment = self.read_deployment(deployment_id)
        values = {**deployment.parameters, **(parameters or {})}
        if deployment.enforce_parameter_schema:
            from flowtui.engine.deployments.parameters import check_parameters  # noqa: PLC0415 - pydantic, 40 ms

            check_parameters(deployment.parameter_openapi_schema, values)
        if work_queue_name is not None:
            if deployment.work_pool_name is None:
                raise UsageError(f"{deployment.full_name} is served by a process of its own; it has no work queue.")
            self.read_work_queue(deployment.work_pool_name, work_queue_name)
        self._check_job_variables(deployment.work_pool_name, deployment.job_variables, job_variables or {})
        return self.create_flow_run(
            NewFlowRun(
                flow_name=deployment.flow_name,
                name=name or new_slug(),
                state=Scheduled(scheduled_time),
                parameters=values,
                tags=(*deployment.tags, *tags),
                deployment_id=deployment.id,
                work_pool_name=deployment.work_pool_name,
                work_queue_name=work_queue_name or deployment.work_queue_name,
                job_variables=job_variables or {},
                parent_task_run_id=parent_task_run_id,
                id=flow_run_id,
                deployment_version=deployment.version,
                retries=deployment.retries,
                retry_delay_seconds=deployment.retry_delay_seconds,
                idempotency_key=idempotency_key,
                created_by=created_by,
            )
        )

    # -- blocks ---------------------------------------------------------------------------------------------------

    def list_block_types(self) -> tuple[BlockType, ...]:
        from flowtui.engine.blocks.registry import block_types  # noqa: PLC0415 - 5 ms for blocks, that few processes use

        return block_types()

    def list_blocks(self) -> tuple[BlockDocument, ...]:
        with self._db.read() as connection:
            return tuple(stored.document for stored in store.blocks.read_all(connection))

    def read_block(self, type_slug: str, name: str, *, include_secrets: bool = False) -> BlockDocument:
        stored = self._find_block(type_slug, name)
        if stored is None:
            raise BlockNotFound(f"{type_slug} block", name, "List them with: flowtui block ls")
        if not include_secrets or stored.sealed is None:
            return stored.document
        from flowtui.engine.blocks.documents import join_secrets  # noqa: PLC0415 - as above

        return replace(stored.document, data=join_secrets(stored.document.data, self._secrets(stored)))

    def save_block(
        self, type_slug: str, name: str, data: Mapping[str, Any], *, overwrite: bool = False
    ) -> BlockDocument:
        from flowtui.engine.blocks.documents import prepare  # noqa: PLC0415 - as above
        from flowtui.engine.blocks.names import block_name  # noqa: PLC0415 - as above
        from flowtui.engine.blocks.vault import seal_secrets  # noqa: PLC0415 - ciphers, when something is secret

        block_name(name)
        stored = self._find_block(type_slug, name)
        public, secrets = prepare(type_slug, data, (lambda: self._secrets(stored)) if stored else None)
        now = utc_now()
        block_id = stored.document.id if stored else new_id()
        document = BlockDocument(id=block_id, name=name, type_slug=type_slug, data=public, created=now, updated=now)
        sealed = seal_secrets(self._open_vault(), type_slug, block_id, secrets)
        self._writer.call(lambda c: store.blocks.write(self._db, c, document, sealed, overwrite=overwrite))
        return self.read_block(type_slug, name)

    def delete_block(self, block_id: str) -> None:
        self._writer.call(lambda c: store.blocks.delete(self._db, c, block_id))

    def _find_block(self, type_slug: str, name: str) -> "store.blocks.StoredBlock | None":
        with self._db.read() as connection:
            return store.blocks.find(connection, type_slug, name)

    def _secrets(self, stored: "store.blocks.StoredBlock") -> dict[str, Any]:
        from flowtui.engine.blocks.vault import open_secrets  # noqa: PLC0415 - as above

        return open_secrets(self._open_vault(), stored.document.type_slug, stored.document.id, stored.sealed)

    def _open_vault(self) -> "Vault":
        from flowtui.engine.blocks.vault import Vault  # noqa: PLC0415 - as above

        if self._vault is None:
            self._vault = Vault.open(self.settings)
        return self._vault

    # -- who serves the store ---------------------------------------------------------------------------------------

    def list_backends(self) -> tuple[Backend, ...]:
        with self._db.read() as connection:
            return store.backends.alive(self._db, connection)

    def announce_backend(self, backend: Backend) -> None:
        self._writer.call(lambda c: store.backends.announce(self._db, c, backend))

    def remove_backend(self, backend_id: str) -> None:
        self._writer.call(lambda c: store.backends.remove(self._db, c, backend_id))

    # -- housekeeping: what the server's services tick. Mostly there is nothing to do: so each looks first, which makes
    # nobody wait for a lock and wakes nobody.

    def acquire_services(self, holder: str, leases: Mapping[str, float]) -> frozenset[str]:
        with self._db.read() as connection:
            free = store.backends.free_services(self._db, connection, holder, leases)
        if not free:
            return frozenset()
        wanted = {service: leases[service] for service in free}
        return self._writer.call(lambda c: store.backends.acquire_services(self._db, c, holder, wanted))

    def announce_together(
        self, backend: Backend | None, worker: "WorkerRecord", holder: str, leases: Mapping[str, float]
    ) -> tuple[bool, frozenset[str]]:
        def announce(connection: Any) -> tuple[bool, frozenset[str]]:
            if backend is not None:
                store.backends.announce(self._db, connection, backend)
            accepted = store.workers.announce(self._db, connection, worker)
            return accepted, store.backends.acquire_services(self._db, connection, holder, leases)

        return self._writer.call(announce)

    def release_services(self, holder: str) -> None:
        self._writer.call(lambda c: store.backends.release_services(c, holder))

    def materialise_schedules(self, horizon: timedelta = HORIZON, per_schedule: int = PER_SCHEDULE) -> int:
        reach = Reach(horizon=horizon, per_schedule=per_schedule)
        return store.planning.plan_ahead(self._db, self._writer.call, reach)

    def mark_late(self, grace: timedelta) -> int:
        with self._db.read() as connection:
            if not store.overdue.late(self._db, connection, grace):
                return 0
        return self._in_parts(lambda c: store.overdue.mark_late(self._db, c, grace))

    def skip_missed(self) -> int:
        with self._db.read() as connection:
            if not store.overdue.missed(self._db, connection):
                return 0
        return self._in_parts(lambda c: store.overdue.skip_missed(self._db, c))

    def _in_parts(self, work: Callable[[Any], int]) -> int:
        """Short transactions, as long as each of them has all that it may have at once."""
        done = 0
        for _ in range(_MOST_PARTS):
            part = self._writer.call(work)
            done += part
            if part < store.overdue.AT_ONCE:
                break
        return done

    def store_time(self) -> datetime:
        with self._db.read() as connection:
            return from_micros(self._db.now(connection))

    def clock_went_back(self, by: timedelta, *, lease_seconds: float) -> None:
        step, lease = by // timedelta(microseconds=1), int(lease_seconds * 1_000_000)
        self._writer.call(lambda c: store.clock_steps.set_back(self._db, c, step, lease))

    def reap_leases(self, by: datetime | None = None) -> tuple[FlowRun, ...]:
        until = None if by is None else to_micros(by)
        with self._db.read() as connection:
            if not store.ownership.ended(self._db, connection, until):
                return ()

        def reap(connection: Any) -> tuple[FlowRun, ...]:
            reaped = store.ownership.reap(self._db, connection, until)
            return tuple(store.flow_runs.read(connection, run_id) for run_id in reaped)

        return self._writer.call(reap)

    def forget_environments(self) -> int:
        return self._writer.call(lambda c: store.run_notes.forget_environments(self._db, c))

    def compact_logs(self, limit: int) -> int:
        with self._db.read() as connection:
            if not store.planning.scattered_logs(connection, limit):
                return 0
        return self._writer.call(lambda c: store.planning.compact_logs(c, limit))
