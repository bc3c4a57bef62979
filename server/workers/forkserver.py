"""The worker's end of the zygote: keep one alive, ask it for children, and hear how they end."""

import asyncio
import itertools
import logging
import os
import socket
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from flowtui.server.workers.channel import Unpacker, pack
from flowtui.server.workers.jobs import Job, LaunchError

__all__ = ["Child", "ForkServer"]

log = logging.getLogger("flowtui.server.zygote")

_RESTART_AFTER: Final = (0.0, 0.2, 1.0, 5.0)
"""Seconds before another zygote is started, by how many in a row ended before they were ready."""
_CONNECT_SECONDS: Final = 10.0
_LAST_WORDS_SECONDS: Final = 0.5
_LINE_LIMIT: Final = 64 * 1024
_ENDED_FIRST: Final = "The process that starts flow runs ended before it could start this one."


@dataclass(frozen=True, slots=True)
class Pipe:
    """The reading end of a pipe."""

    reader: asyncio.StreamReader
    transport: asyncio.BaseTransport


class Child:
    """One process that the zygote has forked (or is about to), seen from the worker."""

    def __init__(self, job: Job, stdout: "Pipe", stderr: "Pipe") -> None:
        loop = asyncio.get_running_loop()
        self.job = job
        self.stdout, self.stderr = stdout.reader, stderr.reader
        self._pipes = (stdout, stderr)
        self.started: asyncio.Future[int] = loop.create_future()
        self.ended: asyncio.Future[int | None] = loop.create_future()
        """Its return code as `subprocess` writes it; None when the zygote ended and nobody could see it."""

    def stop_listening(self) -> None:
        """Close the pipes of its output, whoever still holds the other ends."""
        for pipe in self._pipes:
            pipe.transport.close()


class ForkServer:
    """Starts jobs in children of a warm process with the environment `env`, within `async with server.open()`."""

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._env = env
        self._numbers = itertools.count(1)
        self._children: dict[int, Child] = {}
        self._channel: socket.socket | None = None
        self._connected = asyncio.Event()
        self._sending = asyncio.Lock()
        self._listening: weakref.WeakSet[Child] = weakref.WeakSet()
        self.pid: int | None = None
        """The zygote's process id; None while there is none."""
        self.ready = asyncio.Event()
        """Set while the zygote has everything imported."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["ForkServer"]:
        """Within the block there is a zygote; when it ends, another one is started. Leaving the block ends it."""
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self._keep(), name="zygote")
            try:
                yield self
            finally:
                keeper.cancel()

    async def start(self, job: Job) -> Child:
        """Fork a child for `job`. Returns as soon as it has been asked for; `child.started` gives the process id.

        Raises `LaunchError` when the zygote cannot be reached.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._connected.wait(), _CONNECT_SECONDS)
        (out_read, out_write), (err_read, err_write) = os.pipe(), os.pipe()
        number = next(self._numbers)
        try:
            child = self._children[number] = Child(job, await _reading(out_read), await _reading(err_read))
            await self._send({"job": number, "work": job.as_json()}, [out_write, err_write])
        except ConnectionError as error:
            self._children.pop(number, None)
            raise LaunchError(_ENDED_FIRST) from error
        except OSError as error:
            self._children.pop(number, None)
            why = error.strerror or error
            raise LaunchError(f"The process that starts flow runs cannot be reached: {why}.") from error
        finally:
            os.close(out_write)
            os.close(err_write)
        self._listening.add(child)
        return child

    def stop_listening(self) -> None:
        """Close the pipes to all children, also to what a child left behind when it ended."""
        for child in list(self._listening):
            child.stop_listening()

    async def _send(self, message: Mapping[str, Any], fds: Sequence[int]) -> None:
        """One message and the descriptors that go with its first byte. Messages never mix."""
        data = pack(message)
        loop = asyncio.get_running_loop()
        async with self._sending:
            channel = self._channel
            if channel is None:
                raise OSError("it has just ended")
            while True:
                try:
                    sent = socket.send_fds(channel, [data], fds)
                    break
                except BlockingIOError:
                    await _writable(channel)
            await loop.sock_sendall(channel, data[sent:])

    async def _keep(self) -> None:
        """One zygote after the other, until cancelled."""
        failures = 0
        while True:
            await asyncio.sleep(_RESTART_AFTER[min(failures, len(_RESTART_AFTER) - 1)])
            was_ready = False
            try:
                was_ready = await self._one_zygote()
            except OSError as error:
                log.error("The system refused the process that starts flow runs: %s.", error.strerror)
            failures = 0 if was_ready else failures + 1
            log.warning(
                "The process that starts flow runs has ended%s; another one is being started.",
                "" if was_ready else " at once",
            )

    async def _one_zygote(self) -> bool:
        """Start a zygote and listen to it until it ends. True: it got as far as being ready."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "flowtui.server.workers.zygote",
            str(theirs.fileno()),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=self._env,
            cwd="/",
            limit=_LINE_LIMIT,
        )
        theirs.close()
        assert process.stderr is not None
        self._channel, self.pid = ours, process.pid
        self._connected.set()
        try:
            async with asyncio.TaskGroup() as group:
                words = group.create_task(_log_lines(process.stderr), name="zygote's words")
                await self._listen(ours)
                await process.wait()
                await asyncio.wait({words}, timeout=_LAST_WORDS_SECONDS)
                words.cancel()
            return self.ready.is_set()
        finally:
            self._connected.clear()
            self.ready.clear()
            self._channel, self.pid = None, None
            ours.close()  # a zygote that still lives takes this as its cue to end its children and itself
            self._account_for_children()
            await asyncio.shield(process.wait())

    async def _listen(self, channel: socket.socket) -> None:
        """Hear the zygote out, until it closes its end."""
        loop = asyncio.get_running_loop()
        unpacker = Unpacker()
        while True:
            try:
                data = await loop.sock_recv(channel, 65536)
            except ConnectionError:
                return
            if not data:
                return
            for message in unpacker.feed(data):
                self._heard(message)

    def _heard(self, message: Mapping[str, Any]) -> None:
        if message["said"] == "ready":
            self.ready.set()
            return
        number = int(message["job"])
        child = self._children[number]
        match message["said"]:
            case "started":
                _settle(child.started, int(message["pid"]))
            case "unborn":
                del self._children[number]
                child.started.set_exception(LaunchError(f"No process could be started: {message['why']}."))
                child.started.exception()  # whoever waits raises it; nobody need wait
                _settle(child.ended, None)
            case "ended":
                del self._children[number]
                _settle(child.ended, int(message["returncode"]))

    def _account_for_children(self) -> None:
        """The zygote has ended and its children were told to end too: how they ended cannot be seen any more."""
        for child in self._children.values():
            if not child.started.done():
                child.started.set_exception(LaunchError(_ENDED_FIRST))
                child.started.exception()
            _settle(child.ended, None)
        self._children.clear()


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


async def _reading(fd: int) -> Pipe:
    """What is written into the other end of `fd`. The limit makes a writer wait who is faster than the reader."""
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", buffering=0)
    )
    return Pipe(reader, transport)


async def _writable(channel: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    free: asyncio.Future[None] = loop.create_future()
    loop.add_writer(channel, _settle, free, None)
    try:
        await free
    finally:
        loop.remove_writer(channel)


async def _log_lines(stream: asyncio.StreamReader) -> None:
    """What the zygote itself has to say, which is only ever trouble."""
    while True:
        with suppress(ValueError):  # a line longer than the limit is dropped
            line = await stream.readline()
            if not line:
                return
            log.error("%s", line.decode(errors="replace").rstrip())
