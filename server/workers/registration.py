"""A worker makes itself known to its pool, says now and then that it is alive, and says goodbye."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import psutil
from anyio.to_thread import run_sync

import flowtui
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import NotFound, StoreError, WorkPoolError
from flowtui.engine.ids import new_id
from flowtui.engine.pools import WorkerRecord
from flowtui.server.workers.options import WorkerOptions

__all__ = ["Registration", "worker_record"]

log = logging.getLogger("flowtui.server.worker")


def worker_record(name: str, worker_type: str, options: WorkerOptions) -> WorkerRecord:
    """What this process says of itself as a worker of `options.pool`."""
    assert options.pool is not None, "a worker without a pool is known to nobody"
    return WorkerRecord(
        id=new_id(),
        name=name,
        pool_name=options.pool,
        type=worker_type,
        host=socket.gethostname(),
        pid=os.getpid(),
        started=utc_now(),
        seen=utc_now(),
        heartbeat_seconds=options.heartbeat_seconds,
        queues=options.queues,
        slots=options.slots,
        version=flowtui.__version__,
    )


class Registration:
    """Between `begin` and `end` others see the worker. `running` tells how many runs it has in hand.

    `announce` says that it is alive, in place of the client's verb, where more is to be said in the same transaction.
    """

    def __init__(
        self,
        client: Client,
        record: WorkerRecord,
        running: Callable[[], int],
        announce: Callable[[WorkerRecord], bool] | None = None,
    ) -> None:
        self._client = client
        self._record = record
        self._running = running
        self._say = announce or client.announce_worker
        self._reached = time.monotonic()

    @property
    def name(self) -> str:
        return self._record.name

    def silent_seconds(self) -> float:
        """How long ago the store was reached last."""
        return time.monotonic() - self._reached

    async def begin(self) -> None:
        """Raises `WorkPoolError` when a living worker has the name, and `NotFound` for an unknown pool."""
        if await run_sync(self._announce) or (await run_sync(self._bury) and await run_sync(self._announce)):
            return
        holder = await run_sync(self._holder)
        where = f" (process {holder.pid} on {holder.host})" if holder else ""
        raise WorkPoolError(
            f"Work pool {self._record.pool_name!r} has a worker {self.name!r} already{where}. "
            "Stop that one, or give this one another name with --name."
        )

    async def keep(self, lost: Callable[[], None]) -> None:
        """Say that it is alive until cancelled. `lost` is called when it may not go on under its name."""
        trouble = False
        while True:
            await asyncio.sleep(self._record.heartbeat_seconds)
            try:
                if not await run_sync(self._announce):
                    log.error("Another process took the name of worker '%s' while this one was silent.", self.name)
                    lost()
                    return
                trouble = False
            except NotFound:
                log.error("The work pool '%s' was deleted.", self._record.pool_name)
                lost()
                return
            except StoreError as error:
                if not trouble:
                    log.warning("Worker '%s' cannot say that it is alive. %s", self.name, error)
                trouble = True

    async def end(self) -> None:
        with suppress(StoreError, NotFound):
            await run_sync(self._client.stop_worker, self._record)

    def _announce(self) -> bool:
        accepted = self._say(replace(self._record, seen=utc_now(), running=self._running()))
        self._reached = time.monotonic()
        return accepted

    def _holder(self) -> WorkerRecord | None:
        workers = self._client.list_workers(self._record.pool_name)
        return next((worker for worker in workers if worker.name == self.name and worker.online), None)

    def _bury(self) -> bool:
        """Say goodbye for a worker of this machine that was killed under our name; its pool need not wait for that."""
        holder = self._holder()
        if holder is None or holder.host != self._record.host or psutil.pid_exists(holder.pid):
            return False
        self._client.stop_worker(holder)
        return True
