"""A backend: the services, a worker and, unless it is embedded, the HTTP API, on one store, in one process."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from anyio.to_thread import run_sync

from flowtui.engine import faults
from flowtui.engine.client.opening import require_writable
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import FlowtuiError, StoreError
from flowtui.engine.ids import new_id
from flowtui.engine.model import Backend
from flowtui.engine.settings import Settings
from flowtui.server.address import bind, url_of
from flowtui.server.opening import open_store
from flowtui.server.presence import Presence
from flowtui.server.services.housekeeping import Store
from flowtui.server.services.leadership import Leadership
from flowtui.server.services.table import services
from flowtui.server.speech import speak_up
from flowtui.server.ticker import Ticker
from flowtui.server.workers.base import Worker
from flowtui.server.workers.options import WorkerOptions
from flowtui.server.workers.process import ProcessWorker
from flowtui.server.workers.protocol import WorkerContext
from flowtui.server.workers.registration import Registration, worker_record

__all__ = ["BackendProcess", "run", "serve"]

log = logging.getLogger("flowtui.server")

_ANNOUNCE_EVERY: Final = 5.0
"""Seconds, at most: a backend that has not been heard of for 15 is taken to be gone."""
_LOOK_FOR_IDLE_EVERY: Final = 0.5


class BackendProcess:
    """One backend, from its announcement to its end. Everything happens in `run`; `stop` and `leave` end it."""

    def __init__(
        self, store: Store, settings: Settings, *, listening: socket.socket | None, options: WorkerOptions
    ) -> None:
        self._store = store
        self._listening = listening
        options = replace(options, heartbeat_seconds=min(options.heartbeat_seconds, _ANNOUNCE_EVERY))
        self._me = Backend(
            id=new_id(),
            kind="embedded" if listening is None else "server",
            host=socket.gethostname(),
            pid=os.getpid(),
            url=None if listening is None else url_of(listening),
            started=utc_now(),
            seen=utc_now(),
        )
        owner = f"{self._me.host}:{self._me.pid}"
        leadership = Leadership(store, f"{owner} {self._me.id}", run_lease_seconds=settings.lease_seconds)
        self._presence = Presence(store, self._me, leadership)
        self._ticker = Ticker(services(store, lease_seconds=settings.lease_seconds), leadership)
        name = options.name or f"backend-{self._me.host}-{self._me.pid}"
        self._carrier = ProcessWorker(
            WorkerContext(client=store, settings=settings, name=name, work_pool_name=options.pool)
        )
        self._worker = Worker(store, self._carrier, owner=owner, settings=settings, options=options)
        record = worker_record(name, self._carrier.type, options)
        self._registration = Registration(
            store, record, lambda: len(self._worker.health().running), self._presence.announce
        )
        self._stopping = asyncio.Event()
        self._leaving = asyncio.Event()

    def stop(self) -> None:
        """End. Runs in hand are told to stop and have `stop_grace` seconds; a second call ends them at once."""
        self._worker.stop()
        self._stopping.set()

    def leave(self) -> None:
        """End as soon as nothing is due and nothing runs. Until then others may serve the store too."""
        self._leaving.set()

    async def run(self, when_up: Callable[[Backend, str], None] = lambda me, store: None) -> None:
        """Serve until `stop` or `leave`. `when_up` is called once it does."""
        faults.hit("server.before_announce")
        await run_sync(self._store.announce_backend, self._me)
        faults.hit("server.announced")
        await self._registration.begin()
        try:
            async with self._carrier.open(), asyncio.TaskGroup() as group:
                worker = group.create_task(self._worker.run(), name="worker")
                around: list[asyncio.Task[None]] = [
                    group.create_task(self._ticker.run(), name="services"),
                    group.create_task(self._registration.keep(self.stop), name="heartbeat"),
                    group.create_task(self._leave_when_idle(), name="leaver"),
                ]
                if self._listening is not None:
                    group.create_task(self._answer(self._listening, when_up), name="http")
                else:
                    when_up(self._me, self._store.address)
                await self._stopping.wait()
                for task in around:
                    task.cancel()
                await asyncio.wait(around)
                await self._withdraw()  # from here on others may serve, while our runs are still ending
                await worker
        except BaseException:
            await self._withdraw()
            raise
        finally:
            await self._registration.end()

    def report(self) -> Mapping[str, Any]:
        """How the parts are doing, as JSON values."""
        return {
            "backend": {"id": self._me.id, "kind": self._me.kind, "host": self._me.host, "pid": self._me.pid},
            "store": self._store.address,
            "services": [
                {**asdict(health), "last_ok": health.last_ok.isoformat() if health.last_ok else None}
                for health in self._ticker.health()
            ],
            "worker": {
                **asdict(self._worker.health()),
                "name": self._registration.name,
                **self._carrier.report(),
            },
        }

    async def _answer(self, listening: socket.socket, when_up: Callable[[Backend, str], None]) -> None:
        from flowtui.server.app import HttpServer, make_app  # noqa: PLC0415 - 250 ms that an embedded backend saves

        server = HttpServer(make_app(self.report))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listening]), name="uvicorn")
            await server.up.wait()
            when_up(self._me, self._store.address)
            await self._stopping.wait()
            server.stop()

    async def _leave_when_idle(self) -> None:
        """Once it is to leave: let others take over what can be taken over, and end when nothing is left to do."""
        await self._leaving.wait()
        log.info("The terminal has gone; the runs that are due or under way are still carried out.")
        await self._withdraw()
        quiet = 0
        while quiet < 2:  # a run that is due may just be on its way from the store to the worker
            await asyncio.sleep(_LOOK_FOR_IDLE_EVERY)
            quiet = 0 if self._worker.health().running else quiet + 1
        self.stop()

    async def _withdraw(self) -> None:
        with suppress(StoreError):
            await run_sync(self._presence.withdraw)


async def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 4200,
    embedded: bool = False,
    options: WorkerOptions | None = None,
    when_up: Callable[[Backend, str], None] = lambda me, store: None,
    control: Callable[[BackendProcess], Awaitable[None]] | None = None,
) -> None:
    """Serve the store of `settings` until SIGTERM or SIGINT; a second one ends running flows at once.

    `control` is awaited with the backend before it starts, so that something else may end it too. Raises `AddressError`
    when it cannot listen and `StoreError` when the store cannot be opened.
    """
    listening = None if embedded else bind(host, port)
    try:
        store = await run_sync(open_store, settings)
        try:
            backend = BackendProcess(store, settings, listening=listening, options=options or WorkerOptions())
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, backend.stop)
            if control is not None:
                await control(backend)
            await backend.run(when_up)
        finally:
            await run_sync(store.close)
    finally:
        if listening is not None:
            listening.close()


def run(settings: Settings, *, host: str = "127.0.0.1", port: int = 4200, options: WorkerOptions | None = None) -> int:
    """`flowtui server start`: serve in the foreground and answer with an exit code (0 stopped, 1 could not serve).

    Raises `ReadOnly`.
    """
    require_writable(settings, "serving")
    speak_up()
    options = options or WorkerOptions()
    try:
        asyncio.run(serve(settings, host=host, port=port, options=options, when_up=partial(_greet, options)))
    except FlowtuiError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:  # before it was up; from then on it is a signal like any other
        return 130
    except BaseExceptionGroup as group:
        log.critical("The backend ended because of an error of its own.", exc_info=group)
        return 1
    _say("flowtui server has stopped.")
    return 0


def _greet(options: WorkerOptions, me: Backend, store: str) -> None:
    _say(
        f"flowtui server is up.\n"
        f"  API    {me.url}\n"
        f"  Store  {store}\n"
        f"  Pool   {options.pool}: up to {options.slots} flow runs at once, each in a process of its own\n"
        f"Ctrl+C stops it."
    )


def _say(text: str) -> None:
    """stdout stays free; and whoever is told must not have to wait for a buffer."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
