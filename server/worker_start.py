"""`flowtui worker start`: a worker in the foreground, from what a person asks for to an exit code."""

import asyncio
import difflib
import json
import logging
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import NotFound, UsageError, WorkPoolError
from flowtui.engine.pools import DEFAULT_POOL, WorkPool
from flowtui.engine.settings import Settings
from flowtui.server.opening import open_store
from flowtui.server.speech import speak_up
from flowtui.server.workers.health import answering
from flowtui.server.workers.options import WorkerOptions
from flowtui.server.workers.process_of_its_own import WorkerProcess
from flowtui.server.workers.protocol import BaseWorker
from flowtui.server.workers.types import unknown_type, worker_class, worker_types

__all__ = ["HealthAddress", "StartRequest", "start_worker"]

log = logging.getLogger("flowtui.server.worker")

_DEFAULT_TYPE: Final = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAddress:
    """Where a worker answers whether it is well."""

    host: str = "127.0.0.1"
    port: int = 8080


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What a person asks for."""

    pool: str = DEFAULT_POOL
    type: str | None = None
    """None takes that of the pool, or `process` for a new one."""
    options: WorkerOptions = field(default_factory=WorkerOptions)
    """All but the pool."""
    create_pool: bool = False
    base_job_template: Path | None = None
    """A JSON file, for a pool that is created."""
    health: HealthAddress | None = None


def start_worker(settings: Settings, request: StartRequest) -> int:
    """Serve a pool in the foreground until SIGTERM or SIGINT. Answers an exit code: 0, or with `run_once` 1 when a run
    did not complete; 130 when it was interrupted before it was up.

    Raises `UsageError` for a pool, a type, a name or a template that is not right, `AddressError`, `StoreError`.
    """
    speak_up()
    client = open_store(settings)
    try:
        pool = _pool(client, request)
        carrier = _carrier(client, pool, request.type)
        options = replace(request.options, pool=pool.name)
        _check_queues(client, pool, options.queues)
        worker = WorkerProcess(client, settings, options, carrier=carrier, on_console=True)
        unsuccessful = asyncio.run(_serve(worker, client, options, request.health))
    except KeyboardInterrupt:  # before it was up; from then on it is a signal like any other
        return 130
    finally:
        client.close()
    _say(f"Worker {worker.name!r} has stopped.")
    return 1 if unsuccessful else 0


async def _serve(worker: WorkerProcess, client: Client, options: WorkerOptions, health: HealthAddress | None) -> int:
    async with AsyncExitStack() as stack:
        url: str | None = None
        if health is not None:
            url = await stack.enter_async_context(answering(health.host, health.port, worker.health))
        return await worker.run(lambda: _greet(worker, client, options, url))


def _greet(worker: WorkerProcess, client: Client, options: WorkerOptions, url: str | None) -> None:
    queues = f", queues {', '.join(options.queues)}" if options.queues else ""
    lines = [
        f"Worker {worker.name!r} is up.",
        f"  Pool    {options.pool}{queues}: up to {options.slots} flow runs at once",
        f"  Store   {client.address}",
        *([f"  Health  {url}"] if url else []),
        "It ends when what is due now has ended." if options.run_once else "Ctrl+C stops it.",
    ]
    _say("\n".join(lines))


# -- what was asked for -----------------------------------------------------------------------------------------------


def _pool(client: Client, request: StartRequest) -> WorkPool:
    """The pool, made when that was asked for. Raises `NotFound` with what to do."""
    try:
        found = client.read_work_pool(request.pool)
    except NotFound as error:
        if not request.create_pool:
            raise NotFound("work pool", request.pool, _how_to_create(client, request)) from error
        wanted = request.type or _DEFAULT_TYPE
        template = _template(request.base_job_template) or worker_class(wanted).base_job_template
        _say(f"Work pool {request.pool!r} of type {wanted} is created.")
        return client.create_work_pool(request.pool, type=wanted, base_job_template=template)
    if request.base_job_template is not None:
        _say(f"Work pool {found.name!r} is there already and keeps its own base job template.")
    return found


def _how_to_create(client: Client, request: StartRequest) -> str:
    names = [pool.name for pool in client.list_work_pools()]
    near = difflib.get_close_matches(request.pool, names, n=3, cutoff=0.5)
    kind = request.type or _DEFAULT_TYPE
    meant = f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else f"There is {', '.join(names)}."
    return f"{meant} Create it with: flowtui work-pool create {request.pool} --type {kind}"


def _template(file: Path | None) -> Mapping[str, Any] | None:
    if file is None:
        return None
    try:
        template: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The base job template {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The base job template {file} is no JSON: {error}.") from error
    return template


def _carrier(client: Client, pool: WorkPool, wanted: str | None) -> type[BaseWorker]:
    """The class that serves the pool. Raises `WorkPoolError` when a type is unknown or not the pool's."""
    if wanted is not None and wanted not in worker_types():
        raise WorkPoolError(unknown_type(wanted))
    if wanted is not None and wanted != pool.type:
        raise WorkPoolError(
            f"Work pool {pool.name!r} is of type {pool.type!r}; a worker of type {wanted!r} cannot serve it. "
            f"Leave out --type, or create a pool for it: flowtui work-pool create NAME --type {wanted}"
        )
    carrier = worker_class(pool.type)
    if pool.base_job_template is None and pool.type != _DEFAULT_TYPE:
        # Whoever deploys to the pool may not have the package that brings this type: the pool then tells what fits.
        client.update_work_pool(pool.name, {"base_job_template": carrier.base_job_template})
    return carrier


def _check_queues(client: Client, pool: WorkPool, queues: tuple[str, ...]) -> None:
    known = [queue.name for queue in client.list_work_queues(pool.name)]
    for name in queues:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            meant = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(known)}."
            raise NotFound(
                f"queue in work pool {pool.name!r}",
                name,
                f"{meant} Create it with: flowtui work-queue create {name} --pool {pool.name}",
            )


def _say(text: str) -> None:
    """stdout stays free; and whoever is told must not have to wait for a buffer."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
