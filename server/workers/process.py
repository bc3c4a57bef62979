"""The process worker: each flow run in a child of the zygote, on this machine."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

from anyio.to_thread import run_sync

from flowtui.engine.job_templates import PROCESS_TEMPLATE
from flowtui.server.environment import environment_of
from flowtui.server.workers.exits import explain_exit
from flowtui.server.workers.flow_process import CALL_HOOKS, CARRY_OUT, EXECUTE
from flowtui.server.workers.forkserver import Child, ForkServer
from flowtui.server.workers.jobs import Job, LaunchError
from flowtui.server.workers.output import pump, shown
from flowtui.server.workers.protocol import BaseWorker, FlowRunJob, JobResult, WorkerContext
from flowtui.server.workers.trees import describe_ending, end_tree

__all__ = ["LocalProcess", "ProcessWorker"]

# How long the end of a stream is waited for, when its process has ended but another one may still hold it open.
_LAST_LINES_SECONDS: Final = 0.5
_HOOK_SECONDS: Final = 60.0
"""How long the hooks of a killed run may take, with loading its flow."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a run's process is."""

    folder: str
    is_temporary: bool = False


class LocalProcess:
    """One flow run's process on this machine."""

    def __init__(self, pid: int, child: Child, last_words: "asyncio.Task[str | None]", place: _Place) -> None:
        self._pid = pid
        self._child = child
        self._last_words = last_words
        self._place = place

    async def ended(self) -> JobResult:
        returncode = await self._child.ended
        if returncode is None:  # the zygote ended; its children follow by themselves, or are made to
            await self.stop(grace=5.0, hurry=lambda: False)
        words = await self._heard()
        if self._place.is_temporary:
            await run_sync(partial(shutil.rmtree, self._place.folder, ignore_errors=True))
        identifier = f"{socket.gethostname()}:{self._pid}"
        return JobResult(status_code=returncode, identifier=identifier, message=explain_exit(returncode, words))

    async def stop(self, grace: float, hurry: Callable[[], bool]) -> str:
        ending = await run_sync(partial(end_tree, self._pid, self._child.job.mark, grace, hurry=hurry))
        return describe_ending(ending)

    async def _heard(self) -> str | None:
        """The last line of its error stream, if that is at its end: something it left behind may hold it open."""
        done, _ = await asyncio.wait({self._last_words}, timeout=_LAST_LINES_SECONDS)
        return self._last_words.result() if done else None


class ProcessWorker(BaseWorker):
    """Starts flow runs in children of a zygote and keeps what they print, within `async with worker.open()`."""

    type: ClassVar[str] = "process"
    description: ClassVar[str] = "Runs flows in processes on the machine of the worker."
    base_job_template: ClassVar[Mapping[str, Any]] = PROCESS_TEMPLATE

    def __init__(self, context: WorkerContext) -> None:
        super().__init__(context)
        self._forks = ForkServer(environment_of(context.settings))
        self._group: asyncio.TaskGroup | None = None
        self._listeners: set[asyncio.Task[str | None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Within the block runs may be started. Leaving it, nobody listens any more to what a run has left behind."""
        async with self._forks.open(), asyncio.TaskGroup() as self._group:
            try:
                yield
            finally:
                if self._listeners:  # what an ended run has written last may still be on its way
                    await asyncio.wait(self._listeners, timeout=_LAST_LINES_SECONDS)
                self._forks.stop_listening()

    def report(self) -> Mapping[str, Any]:
        return {"zygote_pid": self._forks.pid, "warm": self._forks.ready.is_set()}

    async def start(self, job: FlowRunJob) -> LocalProcess:
        """Raises `LaunchError` when the run's folder does not exist or no process can be had."""
        place = await run_sync(_place_of, job)
        own_command = bool(job.configuration.get("command"))
        arguments = job.command if own_command else (job.run.id, job.epoch, job.owner)
        return await self._launch(job, place, EXECUTE if own_command else CARRY_OUT, arguments)

    async def call_hooks(self, job: FlowRunJob) -> bool:
        try:
            place = await run_sync(_place_of, job)
            process = await self._launch(job, place, CALL_HOOKS, (job.run.id,))
        except LaunchError as error:
            await self.log_output(job, [f"The hooks of the cancelled run cannot be called: {error}"], "stderr")
            return True
        try:
            await asyncio.wait_for(process.ended(), _HOOK_SECONDS)
        except TimeoutError:
            await self.log_output(job, [f"Hooks of the cancelled run are ended after {_HOOK_SECONDS:g} s."], "stderr")
        await process.stop(1.0, lambda: False)
        await process.ended()
        return True

    async def _launch(self, job: FlowRunJob, place: _Place, target: str, arguments: tuple[Any, ...]) -> LocalProcess:
        environment = dict(job.environment)
        if place.is_temporary or job.configuration.get("working_dir"):
            environment["FLOWTUI_WORKING_DIR"] = place.folder
        asked = Job(target=target, arguments=arguments, mark=job.key, cwd=place.folder, env=environment)
        child = await self._forks.start(asked)
        self._listen(child.stdout, job, "stdout")
        last_words = self._listen(child.stderr, job, "stderr")
        return LocalProcess(await child.started, child, last_words, place)

    def _listen(self, stream: asyncio.StreamReader, job: FlowRunJob, name: str) -> "asyncio.Task[str | None]":
        """Keep what a run writes to one of its streams in the run's log."""
        echo = self.context.on_console and job.configuration.get("stream_output")

        async def keep(lines: list[str]) -> None:
            if echo:
                console = sys.stdout if name == "stdout" else sys.stderr
                console.write("".join(f"{job.run.name} | {shown(line)}\n" for line in lines))
                console.flush()
            await self.log_output(job, lines, name)

        assert self._group is not None, "runs are started within `async with worker.open()`"
        listener = self._group.create_task(pump(stream, keep), name=f"{name} of {job.run.name}")
        self._listeners.add(listener)
        listener.add_done_callback(self._listeners.discard)
        return listener


def _place_of(job: FlowRunJob) -> _Place:
    """The configured folder, else that of the deployment, else a temporary one for what its pull steps bring."""
    wanted = job.configuration.get("working_dir")
    if wanted:
        folder = os.path.expanduser(str(wanted))
        if not os.path.isdir(folder):
            raise LaunchError(f"Its working_dir {folder} does not exist on this machine ({socket.gethostname()}).")
        return _Place(os.path.abspath(folder))
    deployment = job.deployment
    if deployment is None:
        return _Place(tempfile.gettempdir())
    if deployment.pull_steps:
        return _Place(tempfile.mkdtemp(prefix="flowtui-run-"), is_temporary=True)
    if not os.path.isdir(deployment.path):
        raise LaunchError(
            f"The folder {deployment.path} of deployment {deployment.full_name} does not exist on this machine "
            f"({socket.gethostname()}). Deploy it again from where its code is now."
        )
    return _Place(deployment.path)
