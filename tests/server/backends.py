"""What tests of the backend share: flows to deploy, a backend in this process or in one of its own, and its family."""

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import psutil

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import Deployment, DeploymentSpec, FlowRun
from flowtui.engine.settings import Settings
from flowtui.server.backend import BackendProcess
from flowtui.server.workers.options import WorkerOptions
from tests.support import clean_environment, until, wait_until

__all__ = [
    "RunningWorker",
    "deploy",
    "ended",
    "gone",
    "has_ended",
    "in_state",
    "is_now",
    "process_of",
    "served",
    "server_process",
    "suspend_between_writes",
    "worker_process",
]

QUICK = WorkerOptions(slots=4, cancel_grace=20.0, stop_grace=20.0)


def deploy(client: LocalClient, folder: Path, code: str, *, name: str = "main", **fields: object) -> Deployment:
    """Write a file with a flow called `main` (or `name`) and deploy it."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}_file.py").write_text("from flowtui import flow, task\n" + textwrap.dedent(code))
    spec = DeploymentSpec(name="test", flow_name=name, entrypoint=f"{name}_file.py:{name}", path=str(folder), **fields)
    return client.save_deployment(spec)


@contextlib.asynccontextmanager
async def served(
    client: LocalClient, settings: Settings, options: WorkerOptions = QUICK
) -> AsyncIterator[BackendProcess]:
    """A backend in this process, without HTTP."""
    backend = BackendProcess(client, settings, listening=None, options=options)
    up = asyncio.Event()
    task = asyncio.create_task(backend.run(lambda me, store: up.set()))
    try:
        await until(lambda: up.is_set() or task.done(), what="the backend to be up")
        yield backend
    finally:
        backend.stop()
        await task


async def in_state(client: LocalClient, run: FlowRun, *names: str, timeout: float = 20.0) -> FlowRun:
    """Wait until a run is in one of these states; it as it is then."""
    await until(
        lambda: client.read_flow_run(run.id).state.name in names, timeout, f"the run to be {' or '.join(names)}"
    )
    return client.read_flow_run(run.id)


async def ended(client: LocalClient, run: FlowRun, timeout: float = 20.0) -> FlowRun:
    """Wait until a run has ended; it as it is then."""

    def over() -> bool:
        return client.read_flow_run(run.id).state.is_final()

    await until(over, timeout, "the run to end")
    return client.read_flow_run(run.id)


def has_ended(client: LocalClient, run: FlowRun, timeout: float = 30.0) -> FlowRun:
    """`ended` for a test that is no coroutine."""

    def over() -> bool:
        return client.read_flow_run(run.id).state.is_final()

    wait_until(over, timeout, f"{run.name} to end")
    return client.read_flow_run(run.id)


def is_now(client: LocalClient, run: FlowRun, *names: str) -> bool:
    """Whether a run is in one of these states."""
    return client.read_flow_run(run.id).state.name in names


def process_of(client: LocalClient, run: FlowRun) -> psutil.Process:
    """The process that carries out a run."""
    return psutil.Process(int(str(client.read_flow_run(run.id).infrastructure_pid).rpartition(":")[2]))


def gone(process: psutil.Process) -> bool:
    """True when a process has ended, collected by its parent or not."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


_SERVE = """
import sys
from flowtui.engine.settings import current_settings
from flowtui.server.backend import run
sys.exit(run(current_settings(), port=int(sys.argv[1])))
"""


@contextlib.contextmanager
def server_process(home: Path, port: int = 0, **env: str) -> Iterator["subprocess.Popen[str]"]:
    """A headless backend in a process of its own, that is up: `process.api` is its address. Killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(port)],
        env=clean_environment(home, **env),
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )
    assert process.stderr is not None
    try:
        said = ""
        while "Ctrl+C stops it." not in said:
            line = process.stderr.readline()
            assert line, f"the server ended with {process.wait()} and said: {said}"
            said += line
        process.api = said.split("API")[1].split()[0]  # type: ignore[attr-defined]
        yield process
    finally:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
        process.kill()
        process.wait()
        process.stderr.close()
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                wait_until(lambda member=member: gone(member), what=f"{member} to end")


class RunningWorker:
    """`flowtui worker start …` in a process of its own, and what it has said so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.pid = process.pid
        self.stderr: list[str] = []
        self.stdout: list[str] = []
        self._readers = [
            threading.Thread(target=into.extend, args=[stream])
            for into, stream in ((self.stderr, process.stderr), (self.stdout, process.stdout))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def said(self) -> str:
        return "".join(self.stderr)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends(self, timeout: float = 40.0) -> int:
        """Wait for its end; its exit code."""
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join()
        return code


@contextlib.contextmanager
def worker_process(
    *arguments: str, env: Mapping[str, str] | None = None, until_up: bool = True
) -> Iterator[RunningWorker]:
    """A worker that is up (or has ended, when it could not start). It and all that it started are gone at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flowtui", "worker", "start", *arguments],
        env=dict(env) if env is not None else clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )
    worker = RunningWorker(process)
    try:
        if until_up:
            wait_until(lambda: " is up." in worker.said or process.poll() is not None, 40.0, "the worker to be up")
        yield worker
    finally:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
        process.kill()
        worker.ends()
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                wait_until(lambda member=member: gone(member), what=f"{member} to end")
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def suspend_between_writes(home: Path, *members: psutil.Process) -> None:
    """Suspend processes; once more, where one of them was about to write: it would hold the lock of the store's file,
    for which everybody waits, as SQLite has it."""

    def stand_still() -> bool:
        for member in members:
            member.suspend()
        with contextlib.closing(sqlite3.connect(home / "flowtui.db", timeout=0.5, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                for member in members:
                    member.resume()
                return False
            other.execute("ROLLBACK")
            return True

    wait_until(stand_still, 30, "the processes to stand still without the lock of the store")
