"""What a worker of any type is: how it starts a job, waits for its end, and ends it. Others may bring their own."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, Protocol

from anyio.to_thread import run_sync

from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.job_templates import COMMON_TEMPLATE
from flowtui.engine.model import Deployment, FlowRun, LogLine
from flowtui.engine.settings import Settings
from flowtui.server.workers.exits import explain_exit
from flowtui.server.workers.jobs import LaunchError

__all__ = ["BaseWorker", "FlowRunJob", "JobResult", "LaunchError", "RunningJob", "WorkerContext"]

_INFO: Final = 20
_AFTER_GRACE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """What a worker is given when it is made."""

    client: Client
    settings: Settings
    name: str
    """The worker's own."""
    work_pool_name: str | None
    on_console: bool = False
    """Somebody looks at this process's console, so what a run prints may be shown there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRunJob:
    """One attempt of a flow run, to be carried out now."""

    run: FlowRun
    epoch: int
    """Counts the attempts; together with the run's id it names this job and no other."""
    owner: str
    """Under this name the run is owned: its process carries on with it."""
    deployment: Deployment | None
    configuration: Mapping[str, Any]
    """The `job_configuration` of the pool's template, with every placeholder filled."""
    environment: Mapping[str, str]
    """What the run's process must find in its environment, wherever it is: flowtui's settings, the ids of the run, and
    the `env` of the configuration."""
    labels: Mapping[str, str]
    grace_seconds: float
    """How long a job has between being asked to end and being made to."""

    @property
    def key(self) -> str:
        """`<run id>:<epoch>`, a name for what is made for this job."""
        return f"{self.run.id}:{self.epoch}"

    @property
    def command(self) -> tuple[str, ...]:
        """What carries the run out where the environment is as above: the configuration's `command`, split as a shell
        does, or `flowtui flow-run execute`."""
        return tuple(shlex.split(str(self.configuration.get("command") or "flowtui flow-run execute")))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """How a job ended."""

    status_code: int | None
    """Its exit code, as `subprocess` writes it; None when nobody could see it."""
    identifier: str | None = None
    """What carried it out: `host:pid`, the name of a container."""
    message: str | None = None
    """A sentence about its end, when there is more to say than the code does."""

    def in_words(self) -> str:
        """A sentence, for the case that the run's process did not record a final state."""
        return self.message or explain_exit(self.status_code)


class RunningJob(Protocol):
    """A job under way."""

    async def ended(self) -> JobResult:
        """Wait until it has ended."""
        ...

    async def stop(self, grace: float, hurry: Callable[[], bool]) -> str:
        """End it with everything that it started, by force after `grace` seconds or when `hurry` says so.
        Answers with a sentence about how that went."""
        ...


class BaseWorker:
    """A type of worker. A subclass names its `type` and says in `run` how one job is carried out.

    flowtui does the rest: it takes due runs of the pool, prepares their jobs, keeps to the limits, ends what is
    cancelled and records how each run ended. A package makes its class known by an entry point of the group
    `flowtui.workers`, whose name is the type; a program, by `@register_worker`.
    """

    type: ClassVar[str] = ""
    """The type of work pools that it serves."""
    description: ClassVar[str] = ""
    """A sentence, for whoever chooses a type."""
    base_job_template: ClassVar[Mapping[str, Any]] = COMMON_TEMPLATE
    """`{"job_configuration": {…}, "variables": {JSON schema}}` of a new pool of this type."""

    def __init__(self, context: WorkerContext) -> None:
        self.context = context

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Around everything that the worker does: hold here what jobs share, such as a connection."""
        yield

    async def run(self, job: FlowRunJob) -> JobResult:
        """Carry the job out and answer when it has ended. Raises `LaunchError` when it cannot be started.

        When the run is to end, this coroutine is cancelled: end what was started, within `job.grace_seconds`.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it carries out a job")

    async def start(self, job: FlowRunJob) -> RunningJob:
        """`run` in the background, for workers that do not need to know more. Raises `LaunchError`."""
        return _InBackground(asyncio.create_task(self.run(job), name=f"job {job.run.name}"))

    async def call_hooks(self, job: FlowRunJob) -> bool:
        """Call the run's `on_cancellation` hooks where its code is, because its process was killed before it could.
        False: a worker of this type cannot."""
        return False

    def report(self) -> Mapping[str, Any]:
        """How it is doing, as JSON values."""
        return {}

    async def log_output(self, job: FlowRunJob, lines: Iterable[str], stream: str = "stdout") -> None:
        """Keep lines that a job has written in the log of its run."""
        now = utc_now()
        kept = [
            LogLine(timestamp=now, level=_INFO, message=line, logger=stream, flow_run_id=job.run.id) for line in lines
        ]
        await run_sync(partial(self.context.client.write_logs, kept))


@dataclass(slots=True)
class _InBackground:
    """A `run` as a job: to stop it is to cancel it."""

    _task: "asyncio.Task[JobResult]"
    _stopped: bool = field(default=False)

    async def ended(self) -> JobResult:
        await asyncio.wait({self._task})
        if self._task.cancelled():
            return JobResult(status_code=None, message="It was ended.")
        error = self._task.exception()
        if isinstance(error, LaunchError):
            return JobResult(status_code=None, message=str(error))
        if error is not None:
            return JobResult(status_code=None, message=f"Its worker could not go on: {type(error).__name__}: {error}")
        return self._task.result()

    async def stop(self, grace: float, hurry: Callable[[], bool]) -> str:
        if self._task.done():
            return "It had already ended."
        self._task.cancel()
        deadline = asyncio.get_running_loop().time() + grace + _AFTER_GRACE
        while not self._task.done() and asyncio.get_running_loop().time() < deadline and not hurry():
            await asyncio.wait({self._task}, timeout=0.1)
        return "It ended when it was asked to." if self._task.done() else "It has not ended although it was asked to."
