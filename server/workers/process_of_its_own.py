"""A worker as a process of its own: known to its pool, and ended by signals."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Any

from flowtui.engine.client.protocol import Client
from flowtui.engine.settings import Settings
from flowtui.server.workers.base import Worker
from flowtui.server.workers.options import WorkerOptions
from flowtui.server.workers.protocol import BaseWorker, WorkerContext
from flowtui.server.workers.registration import Registration, worker_record

__all__ = ["WorkerProcess"]

log = logging.getLogger("flowtui.server.worker")


class WorkerProcess:
    """One worker from its announcement to its end. Everything happens in `run`; `stop` ends it.

    With `options.pool` it serves that work pool and is listed among its workers. Without one it carries out the runs
    of `options.deployments`, as `flow.serve` does.
    """

    def __init__(
        self,
        client: Client,
        settings: Settings,
        options: WorkerOptions,
        *,
        carrier: type[BaseWorker],
        on_console: bool = False,
    ) -> None:
        host, pid = socket.gethostname(), os.getpid()
        self.name = options.name or f"{carrier.type}-{host}-{pid}"
        context = WorkerContext(
            client=client, settings=settings, name=self.name, work_pool_name=options.pool, on_console=on_console
        )
        self._carrier = carrier(context)
        self._options = options
        self._worker = Worker(client, self._carrier, owner=f"{host}:{pid}", settings=settings, options=options)
        self._registration: Registration | None = None
        if options.pool is not None:
            record = worker_record(self.name, carrier.type, options)
            self._registration = Registration(client, record, lambda: len(self._worker.health().running))

    def stop(self) -> None:
        """Take no more runs and end those in hand. A second call ends them by force."""
        self._worker.stop()

    def health(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether the store was reached within three heartbeats; and how the worker is doing, as JSON values."""
        silent = self._registration.silent_seconds() if self._registration else 0.0
        is_well = silent <= 3 * self._options.heartbeat_seconds
        about = {"name": self.name, "type": self._carrier.type, "queues": list(self._options.queues)}
        return is_well, {**about, "seconds_since_heartbeat": round(silent, 1), **asdict(self._worker.health())}

    async def run(self, when_up: Callable[[], None] = lambda: None) -> int:
        """Carry out runs until `stop`, SIGTERM or SIGINT (with `run_once`, until what is due has ended).

        Answers how many runs ended otherwise than well, which is counted with `run_once`. Raises `WorkPoolError` when
        another living worker has the name, and `NotFound` when there is no such pool.
        """
        async with AsyncExitStack() as stack:
            if self._registration is not None:
                await self._registration.begin()
                stack.push_async_callback(self._registration.end)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)
                stack.callback(loop.remove_signal_handler, number)
            await stack.enter_async_context(self._carrier.open())
            async with asyncio.TaskGroup() as group:
                if self._registration is not None:
                    beating = group.create_task(self._registration.keep(self.stop), name="heartbeat")
                    stack.callback(beating.cancel)
                when_up()
                await self._worker.run()
                if self._registration is not None:
                    beating.cancel()
        return self._worker.unsuccessful
