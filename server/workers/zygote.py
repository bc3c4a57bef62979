"""The zygote: a warm process that has imported everything once and forks a child for each job.

It is a program of its own (`python -m flowtui.server.workers.zygote FD`), single-threaded, without event loop and
without an open store, so that forking it is safe. It hears jobs on a socket and tells who started and who ended.
When the socket closes, the worker is gone: the children are ended, then the zygote ends itself.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from flowtui.engine import faults
from flowtui.server.workers.channel import Unpacker, pack
from flowtui.server.workers.child import Birth, live
from flowtui.server.workers.jobs import Job
from flowtui.server.workers.kinship import adopt_orphans
from flowtui.server.workers.trees import end_tree

__all__ = ["GRACE_AFTER_WORKER", "PRELOADED", "Zygote", "main"]

PRELOADED: Final = (
    "flowtui",
    "flowtui.server.workers.flow_process",
    "flowtui.engine.deployments.entrypoint",
    "flowtui.engine.deployments.pulling",
    "flowtui.engine.client.local",
    "flowtui.engine.store.batch",
    "flowtui.engine.tasks",
    "flowtui.engine.runs.submitting",
    "flowtui.engine.runs.elsewhere",
    "flowtui.engine.blocks.vault",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "pydantic",
    "orjson",
    "asyncio",
    "concurrent.futures.thread",
    "multiprocessing.connection",
    "logging.handlers",
    "sqlite3",
    "zoneinfo",
)
"""What every flow run needs. A name that cannot be imported is left to the child, which will say what is wrong."""

_FOR_POSTGRES: Final = ("sqlalchemy.dialects.postgresql.psycopg", "psycopg", "psycopg.types.json")

GRACE_AFTER_WORKER: Final = 10.0
"""Seconds that children have between SIGTERM and SIGKILL when the worker has vanished."""

_MOST_FDS: Final = 64


class Zygote:
    """The loop of the parent; `serve` returns in the parent when it is over, and once in each child, with its birth."""

    def __init__(self, channel: socket.socket, lifeline: tuple[int, int]) -> None:
        self._channel = channel
        self._lifeline = lifeline
        self._unpacker = Unpacker()
        self._fds: deque[int] = deque()
        self._children: dict[int, tuple[int, Job]] = {}

    def serve(self) -> Birth | None:
        """Fork for each job that comes in, and report each child that ends, until the worker is gone."""
        self._wakeup, wake = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # a handler, or no wake-up byte would be written
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._wakeup, selectors.EVENT_READ)
            self._say({"said": "ready", "pid": os.getpid()})
            while True:
                for key, _ in selector.select():
                    if key.fd == self._wakeup:
                        self._reap()
                        continue
                    jobs = self._hear()
                    if jobs is None:
                        return None
                    for number, job in jobs:
                        birth = self._fork(number, job)
                        if birth is not None:
                            os.close(wake)
                            return birth

    def end_children(self) -> None:
        """SIGTERM to what every child started and to itself, SIGKILL after the grace."""
        for pid in self._children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_AFTER_WORKER
        for pid, (_, job) in self._children.items():
            end_tree(pid, job.mark, max(deadline - time.monotonic(), 0.0))

    def _hear(self) -> list[tuple[int, Job]] | None:
        """The jobs that have come in; None when the worker is gone."""
        try:
            data, fds, _, _ = socket.recv_fds(self._channel, 65536, _MOST_FDS)
        except ConnectionError:
            return None
        self._fds.extend(fds)
        if not data:
            return None
        return [(int(message["job"]), Job.from_json(message["work"])) for message in self._unpacker.feed(data)]

    def _fork(self, number: int, job: Job) -> Birth | None:
        """Answers in the child with what it is born with, in the parent with None."""
        faults.hit("zygote.before_fork")
        out, err = self._fds.popleft(), self._fds.popleft()
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(out)
            os.close(err)
            self._say({"said": "unborn", "job": number, "why": f"the system refused a new process: {error.strerror}"})
            return None
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for fd in (self._wakeup, self._lifeline[1], *self._fds):
                os.close(fd)
            self._channel.close()
            return Birth(job=job, stdout=out, stderr=err, parent=parent, lifeline=self._lifeline[0])
        os.close(out)
        os.close(err)
        faults.hit("zygote.forked")
        self._children[pid] = (number, job)
        self._say({"said": "started", "job": number, "pid": pid})
        return None

    def _reap(self) -> None:
        """Collect everybody that has ended; adopted orphans are collected too, and not spoken of."""
        with suppress(BlockingIOError):
            while os.read(self._wakeup, 4096):
                pass
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._children:
                number, _ = self._children.pop(pid)
                self._say({"said": "ended", "job": number, "returncode": os.waitstatus_to_exitcode(status)})

    def _say(self, message: dict[str, Any]) -> None:
        # A worker that is gone shows itself as the end of the stream, which the loop sees next.
        with suppress(ConnectionError):
            self._channel.sendall(pack(message))


def preload(modules: Iterable[str] = PRELOADED, env: Mapping[str, str] = os.environ) -> None:
    """Import what every job needs, and keep the garbage collector from touching (and so copying) it in the children."""
    if env.get("FLOWTUI_DATABASE_URL", "").startswith("postgres"):
        modules = (*modules, *_FOR_POSTGRES)
    for module in modules:
        with suppress(ImportError):
            importlib.import_module(module)
    if env.get("FLOWTUI_DATABASE_URL"):
        _rehearse()
    gc.collect()
    gc.freeze()


def _rehearse() -> None:
    """Use the store once, and close it."""
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - only where there is a store
    from flowtui.engine.store.rehearsal import rehearse  # noqa: PLC0415 - as above

    with suppress(Exception):  # what is wrong with the store is said by those who need it
        rehearse(current_settings())


def main(fd: int) -> None:
    """The program. `fd` is its end of the socket to the worker."""
    folder = os.getcwd()
    sys.path[:] = [entry for entry in sys.path if entry not in ("", folder)]  # `python -m` put it there
    for number in (signal.SIGINT, signal.SIGHUP):  # a key pressed in the terminal is the worker's business
        signal.signal(number, signal.SIG_IGN)
    adopt_orphans()
    preload()
    with socket.socket(fileno=fd) as channel:
        zygote = Zygote(channel, os.pipe())
        birth = zygote.serve()
        if birth is None:
            zygote.end_children()
            return
    del zygote
    sys.exit(live(birth))


if __name__ == "__main__":
    main(int(sys.argv[1]))
