"""`serve`: a user's script, for as long as it serves: it runs what is due of its own deployments, and nothing else.

It is a worker without a pool, with the services beside it, so that schedules are planned and dead processes are
noticed where no server does that; leases elect one process for each service.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from anyio.to_thread import run_sync

from flowtui.engine.client.current import current_client
from flowtui.engine.deployments.from_code import RunnerDeployment
from flowtui.engine.errors import FlowtuiError, StoreError
from flowtui.engine.ids import new_id
from flowtui.engine.model import Deployment
from flowtui.engine.schedules.words import describe
from flowtui.engine.settings import Settings, current_settings
from flowtui.server.services.housekeeping import Store
from flowtui.server.services.leadership import Leadership
from flowtui.server.services.table import services
from flowtui.server.speech import speak_up
from flowtui.server.ticker import Ticker
from flowtui.server.workers.base import Worker
from flowtui.server.workers.options import WorkerOptions
from flowtui.server.workers.process import ProcessWorker
from flowtui.server.workers.protocol import WorkerContext

__all__ = ["Serving", "serve"]

log = logging.getLogger("flowtui.server.serve")

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Serving:
    """Deployments that this process serves, from the first claim to the last account. `stop` ends it."""

    def __init__(
        self, store: Store, settings: Settings, saved: Sequence[Deployment], *, limit: int | None, stop_grace: float
    ) -> None:
        options = WorkerOptions(pool=None, deployments=tuple(one.id for one in saved), stop_grace=stop_grace)
        options = options if limit is None else replace(options, slots=limit)
        owner = f"{socket.gethostname()}:{os.getpid()}:serve:{new_id()[-6:]}"
        name = f"serve-{socket.gethostname()}-{os.getpid()}"
        self._leadership = Leadership(store, owner, run_lease_seconds=settings.lease_seconds)
        self._ticker = Ticker(services(store, lease_seconds=settings.lease_seconds), self._leadership)
        self._carrier = ProcessWorker(
            WorkerContext(client=store, settings=settings, name=name, work_pool_name=None, on_console=True)
        )
        self._worker = Worker(store, self._carrier, owner=owner, settings=settings, options=options)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take no more runs, and end those in hand; a second call ends them by force."""
        self._worker.stop()
        self._stopping.set()

    async def run(self, when_up: Callable[[], None], before_end: Callable[[], None]) -> None:
        """Serve until `stop`. `before_end` is called when no more runs are taken, while those in hand are ending."""
        try:
            async with self._carrier.open(), asyncio.TaskGroup() as group:
                worker = group.create_task(self._worker.run(), name="worker")
                ticking = group.create_task(self._ticker.run(), name="services")
                when_up()
                await self._stopping.wait()
                ticking.cancel()
                await asyncio.wait({ticking})
                await run_sync(before_end)
                await worker
        finally:
            with suppress(StoreError):
                await run_sync(self._leadership.release)


async def serve(
    deployments: Sequence[RunnerDeployment],
    *,
    pause_on_shutdown: bool = True,
    print_starting_message: bool = True,
    limit: int | None = None,
    stop_grace: float = 10.0,
) -> None:
    """Keep the deployments and run what is due of them, until SIGINT or SIGTERM. See `flowtui.serve`."""
    speak_up()
    store, settings = cast(Store, current_client()), current_settings()
    saved = await run_sync(_keep, store, deployments)
    serving = Serving(store, settings, saved, limit=limit, stop_grace=stop_grace)

    def pause() -> None:
        if pause_on_shutdown:
            _pause(store, deployments)

    def up() -> None:
        if print_starting_message:
            _greet(saved)

    with _heeding_signals(serving.stop), _kept_new(deployments):
        await serving.run(up, pause)
    if print_starting_message:
        _say(
            "Stopped serving."
            + (" The deployments are paused until they are served again." if pause_on_shutdown else "")
        )


def _keep(store: Store, deployments: Sequence[RunnerDeployment]) -> tuple[Deployment, ...]:
    """They have no work pool: only this process may take their runs. What it paused itself the last time goes on."""
    specs = [replace(one.spec, work_pool_name=None, work_queue_name=None) for one in deployments]
    return store.save_deployments(specs)


def _pause(store: Store, deployments: Sequence[RunnerDeployment]) -> None:
    """Plan no runs that nobody would take. What a person has paused stays theirs: serving it again will not resume it.

    It is deployed as paused, so that the next deploying, which is not, resumes it.
    """
    specs = []
    for one in deployments:
        with suppress(FlowtuiError):  # somebody has deleted it meanwhile
            if not store.read_deployment(one.full_name).paused:
                specs.append(replace(one.spec, work_pool_name=None, work_queue_name=None, paused=True, schedules=None))
    try:
        store.save_deployments(specs)
    except StoreError as error:
        log.warning("The deployments could not be paused. %s", error)


@contextlib.contextmanager
def _heeding_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Within the block SIGINT and SIGTERM call `stop`, where this is the main thread; else somebody else has to."""
    loop = asyncio.get_running_loop()
    added = []
    for number in _SIGNALS:
        with suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, stop)
            added.append(number)
    try:
        yield
    finally:
        for number in added:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _kept_new(deployments: Sequence[RunnerDeployment]) -> Iterator[None]:
    """Within the block code that comes from elsewhere is fetched again now and then."""
    tasks = [
        asyncio.get_running_loop().create_task(_fetch_again(one), name=f"code of {one.full_name}")
        for one in deployments
        if one.flow.source is not None and one.flow.source.storage.pull_interval
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def _fetch_again(deployment: RunnerDeployment) -> None:
    source = deployment.flow.source
    assert source is not None and source.storage.pull_interval, "only those that are asked for"
    base = Path(source.folder).parent
    while True:
        await asyncio.sleep(source.storage.pull_interval)
        try:
            await run_sync(source.storage.fetch, base)
        except FlowtuiError as error:
            log.warning("The code of %s is as it was: %s", deployment.full_name, error)


def _greet(saved: Sequence[Deployment]) -> None:
    lines = ["Serving:"]
    for one in saved:
        when = ", ".join(describe(schedule.schedule) for schedule in one.schedules if schedule.active)
        paused = "; it is paused: flowtui deployment resume " + one.full_name if one.paused else ""
        lines.append(f"  {one.full_name}{f', {when}' if when else ''}{paused}")
    lines += [f"Start a run with: flowtui deployment run {saved[0].full_name}", "Ctrl+C stops it."]
    _say("\n".join(lines))


def _say(text: str) -> None:
    """stdout stays free; and whoever is told must not have to wait for a buffer."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
