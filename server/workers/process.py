"""The process worker's infrastructure: each flow run in a child of the zygote, on this machine."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from anyio.to_thread import run_sync

from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import NotFound
from flowtui.engine.model import Claim, Deployment, LogLine
from flowtui.engine.settings import Settings
from flowtui.server.workers.exits import explain_exit
from flowtui.server.workers.flow_process import TARGET
from flowtui.server.workers.forkserver import Child, ForkServer
from flowtui.server.workers.jobs import Job, LaunchError
from flowtui.server.workers.output import pump
from flowtui.server.workers.trees import describe_ending, end_tree

__all__ = ["LocalProcess", "LocalProcesses"]

_INFO: Final = 20
# How long the end of a stream is waited for, when its process has ended but another one may still hold it open.
_LAST_LINES_SECONDS: Final = 0.5


class LocalProcess:
    """One flow run's process on this machine."""

    def __init__(
        self, pid: int, child: Child, last_words: "asyncio.Task[str | None]", own_folder: str | None = None
    ) -> None:
        self._pid = pid
        self._child = child
        self._last_words = last_words
        self._own_folder = own_folder

    async def ended(self) -> str:
        returncode = await self._child.ended
        if returncode is None:  # the zygote ended; its children follow by themselves, or are made to
            await self.stop(grace=5.0, hurry=lambda: False)
        words = await self._heard()
        if self._own_folder is not None:
            await run_sync(partial(shutil.rmtree, self._own_folder, ignore_errors=True))
        return explain_exit(returncode, words)

    async def stop(self, grace: float, hurry: Callable[[], bool]) -> str:
        ending = await run_sync(partial(end_tree, self._pid, self._child.job.mark, grace, hurry=hurry))
        return describe_ending(ending)

    async def _heard(self) -> str | None:
        """The last line of its error stream, if that is at its end: something it left behind may hold it open."""
        done, _ = await asyncio.wait({self._last_words}, timeout=_LAST_LINES_SECONDS)
        return self._last_words.result() if done else None


class LocalProcesses:
    """Starts flow runs in children of a zygote and keeps what they print, within `async with processes.open()`."""

    def __init__(self, client: Client, settings: Settings, forks: ForkServer) -> None:
        self._client = client
        self._settings = settings
        self._forks = forks
        self._group: asyncio.TaskGroup | None = None
        self._listeners: set[asyncio.Task[str | None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["LocalProcesses"]:
        """Within the block runs may be started. Leaving it, nobody listens any more to what a run has left behind."""
        async with asyncio.TaskGroup() as self._group:
            try:
                yield self
            finally:
                if self._listeners:  # what an ended run has written last may still be on its way
                    await asyncio.wait(self._listeners, timeout=_LAST_LINES_SECONDS)
                self._forks.stop_listening()

    async def start(self, claim: Claim, owner: str) -> LocalProcess:
        """Raises `LaunchError` when the run's folder does not exist or no process can be had."""
        deployment = await run_sync(self._deployment, claim)
        own_folder = tempfile.mkdtemp(prefix="flowtui-run-") if deployment and deployment.pull_steps else None
        child = await self._forks.start(self._job(claim, owner, deployment, own_folder))
        self._listen(child.stdout, claim, "stdout")
        last_words = self._listen(child.stderr, claim, "stderr")
        return LocalProcess(await child.started, child, last_words, own_folder)

    def _deployment(self, claim: Claim) -> Deployment | None:
        """What the run is a run of; None when it is not a deployment's."""
        if claim.run.deployment_id is None:
            return None
        try:
            deployment = self._client.read_deployment(claim.run.deployment_id)
        except NotFound as error:
            raise LaunchError("Its deployment was deleted before the run could start.") from error
        if not deployment.pull_steps and not os.path.isdir(deployment.path):
            raise LaunchError(
                f"The folder {deployment.path} of deployment {deployment.full_name} does not exist on this machine "
                f"({socket.gethostname()}). Deploy it again from where its code is now."
            )
        return deployment

    def _job(self, claim: Claim, owner: str, deployment: Deployment | None, own_folder: str | None) -> Job:
        env = deployment.job_variables.get("env") or {} if deployment is not None else {}
        return Job(
            target=TARGET,
            arguments=(claim.run.id, claim.epoch, owner),
            mark=f"{claim.run.id}:{claim.epoch}",
            cwd=own_folder or (deployment.path if deployment is not None else str(self._settings.home)),
            env={str(name): str(value) for name, value in env.items()},
        )

    def _listen(self, stream: asyncio.StreamReader, claim: Claim, name: str) -> "asyncio.Task[str | None]":
        """Keep what a run writes to one of its streams in the run's log."""

        async def keep(lines: list[str]) -> None:
            now = utc_now()
            await run_sync(
                self._client.write_logs,
                [
                    LogLine(timestamp=now, level=_INFO, message=line, logger=name, flow_run_id=claim.run.id)
                    for line in lines
                ],
            )

        assert self._group is not None, "runs are started within `async with processes.open()`"
        listener = self._group.create_task(pump(stream, keep), name=f"{name} of {claim.run.name}")
        self._listeners.add(listener)
        listener.add_done_callback(self._listeners.discard)
        return listener
