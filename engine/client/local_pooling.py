"""The verbs of `LocalClient` for work pools, queues and workers. See `pooling.py` for each."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine import store
from flowtui.engine.clock import to_micros
from flowtui.engine.errors import WorkPoolError
from flowtui.engine.pool_checks import check_changes, check_limit, check_pool_name, check_priority, check_template

if TYPE_CHECKING:
    from flowtui.engine.model import FlowRun
    from flowtui.engine.pools import WorkerRecord, WorkPool, WorkQueue
    from flowtui.engine.store.database import Database
    from flowtui.engine.store.writer import Writer

__all__ = ["LocalPooling"]

_POOL_FIELDS: Final = ("description", "base_job_template", "concurrency_limit")
_QUEUE_FIELDS: Final = ("description", "priority", "concurrency_limit")


class LocalPooling:
    """A part of `LocalClient`, which brings the database and the writer."""

    _db: "Database"
    _writer: "Writer"

    # -- pools ----------------------------------------------------------------------------------------------------

    def create_work_pool(
        self,
        name: str,
        *,
        type: str = "process",  # noqa: A002 - the wire's name
        description: str | None = None,
        base_job_template: Mapping[str, Any] | None = None,
        concurrency_limit: int | None = None,
        paused: bool = False,
        overwrite: bool = False,
    ) -> "WorkPool":
        check_pool_name("work pool", name)
        check_limit(concurrency_limit)
        check_template(base_job_template)
        if not type.strip():
            raise WorkPoolError("A work pool needs a type, such as process.")
        values = {
            "type": type,
            "description": description,
            "base_job_template": base_job_template,
            "concurrency_limit": concurrency_limit,
            "paused": paused,
        }
        self._writer.call(lambda c: store.work_pools.create_pool(self._db, c, name, values, overwrite=overwrite))
        return self.read_work_pool(name)

    def update_work_pool(self, name: str, changes: Mapping[str, Any]) -> "WorkPool":
        check_changes("work pool", changes, _POOL_FIELDS)
        self._writer.call(lambda c: store.work_pools.update_pool(self._db, c, name, changes))
        return self.read_work_pool(name)

    def read_work_pool(self, name: str) -> "WorkPool":
        with self._db.read() as connection:
            return store.work_pools.read_pool(self._db, connection, name)

    def list_work_pools(self) -> tuple["WorkPool", ...]:
        with self._db.read() as connection:
            return store.work_pools.list_pools(self._db, connection)

    def pause_work_pool(self, name: str, *, paused: bool, note: str | None = None) -> "WorkPool":
        self._writer.call(lambda c: store.work_pools.pause_pool(self._db, c, name, paused=paused, note=note))
        return self.read_work_pool(name)

    def delete_work_pool(self, name: str) -> None:
        self._writer.call(lambda c: store.work_pools.delete_pool(self._db, c, name))

    def _check_job_variables(self, pool_name: str | None, *layers: Mapping[str, Any], partial: bool = False) -> None:
        """Raise `UsageError` unless job variables fit the template of the pool, as far as this process knows it."""
        if pool_name is None:
            return
        with self._db.read() as connection:
            pool = store.work_pools.read_pool(self._db, connection, pool_name)
        if not any(layers) and pool.base_job_template is None:
            return  # what comes with a type requires nothing
        from flowtui.engine import job_templates  # noqa: PLC0415 - 40 ms of YAML that most runs need not pay

        template = job_templates.template_of(pool.type, pool.base_job_template)
        if template is not None:
            job_templates.check_job_variables(pool.name, template, *layers, partial=partial)

    # -- queues ---------------------------------------------------------------------------------------------------

    def create_work_queue(
        self,
        pool: str,
        name: str,
        *,
        description: str | None = None,
        priority: int | None = None,
        concurrency_limit: int | None = None,
        paused: bool = False,
    ) -> "WorkQueue":
        check_pool_name("queue", name)
        check_limit(concurrency_limit)
        if priority is not None:
            check_priority(priority)
        values = {
            "description": description,
            "priority": priority,
            "concurrency_limit": concurrency_limit,
            "paused": paused,
        }
        self._writer.call(lambda c: store.work_pools.create_queue(self._db, c, pool, name, values))
        return self.read_work_queue(pool, name)

    def update_work_queue(self, pool: str, name: str, changes: Mapping[str, Any]) -> "WorkQueue":
        check_changes("queue", changes, _QUEUE_FIELDS)
        self._writer.call(lambda c: store.work_pools.update_queue(self._db, c, pool, name, changes))
        return self.read_work_queue(pool, name)

    def read_work_queue(self, pool: str, name: str) -> "WorkQueue":
        with self._db.read() as connection:
            return store.work_pools.read_queue(self._db, connection, pool, name)

    def list_work_queues(self, pool: str | None = None) -> tuple["WorkQueue", ...]:
        with self._db.read() as connection:
            return store.work_pools.list_queues(self._db, connection, pool)

    def pause_work_queue(self, pool: str, name: str, *, paused: bool, note: str | None = None) -> "WorkQueue":
        self._writer.call(lambda c: store.work_pools.pause_queue(self._db, c, pool, name, paused=paused, note=note))
        return self.read_work_queue(pool, name)

    def delete_work_queue(self, pool: str, name: str) -> None:
        self._writer.call(lambda c: store.work_pools.delete_queue(self._db, c, pool, name))

    # -- workers --------------------------------------------------------------------------------------------------

    def announce_worker(self, worker: "WorkerRecord") -> bool:
        return self._writer.call(lambda c: store.workers.announce(self._db, c, worker))

    def stop_worker(self, worker: "WorkerRecord") -> None:
        self._writer.call(lambda c: store.workers.stop(self._db, c, worker))

    def list_workers(self, pool: str | None = None) -> tuple["WorkerRecord", ...]:
        with self._db.read() as connection:
            return store.workers.list_all(self._db, connection, pool)

    def delete_worker(self, pool: str, name: str) -> None:
        self._writer.call(lambda c: store.workers.delete(self._db, c, pool, name))

    # -- their runs -----------------------------------------------------------------------------------------------

    def list_active_runs(
        self, *, pool: str | None = None, queue: str | None = None, deployment_id: str | None = None, limit: int = 200
    ) -> tuple["FlowRun", ...]:
        with self._db.read() as connection:
            return store.pool_runs.active(connection, pool, queue, deployment_id, limit)

    def list_waiting_runs(
        self, pool: str, queue: str | None = None, *, until: datetime | None = None, limit: int = 200
    ) -> tuple["FlowRun", ...]:
        with self._db.read() as connection:
            return store.pool_runs.waiting(connection, pool, queue, None if until is None else to_micros(until), limit)
