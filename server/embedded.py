"""The embedded backend: a terminal that finds nobody serving its store starts a backend of its own.

It is a child process that ends with the terminal, because its standard input is a pipe that only the terminal holds.
"""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import Backend
from flowtui.engine.settings import Settings
from flowtui.server.environment import environment_of

__all__ = ["LEAVE", "BackendError", "EmbeddedBackend", "ensure_backend", "is_alive", "live_backends", "log_file"]

LEAVE: Final = b"leave\n"
"""What the terminal writes before it goes, when the backend is to finish what is under way first."""

_START_SECONDS: Final = 20.0
_FORCE_SECONDS: Final = 10.0


class BackendError(FlowtuiError):
    """The embedded backend could not be started."""


class EmbeddedBackend:
    """A backend that this process has started, and ends."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._detached = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        """False once it has ended, for whatever reason."""
        return self._process.poll() is None

    def stop(self, grace: float = 15.0) -> None:
        """End it and return when it is gone. Runs in hand are told to stop; after `grace` seconds all is forced."""
        if self._detached:
            return
        self._hang_up()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.terminate()  # for a backend that is already stopping this means: now
            try:
                self._process.wait(_FORCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def detach(self) -> None:
        """Let it finish the runs that are due or under way; it ends by itself then. This process may end before it.

        From then on it is not listed any more, and `stop` does nothing.
        """
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(LEAVE)
                self._process.stdin.flush()
        self._hang_up()
        self._detached = True
        _detached.append(self._process)

    def _hang_up(self) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()


# Kept, because a Popen object complains when it is thrown away before its process has ended.
_detached: "list[subprocess.Popen[bytes]]" = []


def ensure_backend(settings: Settings, client: Client) -> EmbeddedBackend | None:
    """See to it that somebody serves the store; None when somebody does already (`live_backends` says who).

    Blocks until the backend serves, about half a second; call it in a thread. Of several terminals that start at once
    one starts a backend and the others find it. Raises `BackendError` when it does not come up, with its last words.
    """
    with _one_at_a_time(settings.home):
        if live_backends(client):
            return None
        backend = _start(settings)
        try:
            _wait_until_announced(backend, client, log_file(settings))
        except BaseException:
            backend.stop(grace=0.0)
            raise
        return backend


def live_backends(client: Client) -> tuple[Backend, ...]:
    """The backends that serve the store. One of this machine that was killed is not counted, although it still seems
    alive by the store's clock."""
    return tuple(backend for backend in client.list_backends() if is_alive(backend))


def is_alive(backend: Backend) -> bool:
    """Whether its process exists; a backend on another machine is believed."""
    if backend.host != socket.gethostname():
        return True
    try:
        process = psutil.Process(backend.pid)
        # The number may belong to somebody else by now, who was then born after the backend.
        born_later = process.create_time() > backend.started.timestamp() + 5.0
        return bool(not born_later and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def log_file(settings: Settings) -> Path:
    """Where the embedded backend says what it does."""
    return settings.home / "backend.log"


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """One terminal after the other. The lock is the system's, so a terminal that dies lets go of it."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(home / "backend.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _start(settings: Settings) -> EmbeddedBackend:
    with open(log_file(settings), "ab") as log:
        return EmbeddedBackend(
            subprocess.Popen(
                [sys.executable, "-m", "flowtui.server.embedded_main"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment_of(settings),
                cwd=settings.home,
                start_new_session=True,  # a Ctrl+C in the terminal is not meant for it
            )
        )


def _wait_until_announced(backend: EmbeddedBackend, client: Client, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    seen = 0
    while not any(known.pid == backend.pid for known in client.list_backends()):
        if not backend.is_running():
            raise BackendError(f"The backend did not start. {_last_words(log)}")
        if time.monotonic() > deadline:
            raise BackendError(f"The backend did not start within {_START_SECONDS:g} s. {_last_words(log)}")
        seen = client.wait(seen, 0.1)


def _last_words(log: Path) -> str:
    with open(log, "rb") as handle:
        handle.seek(max(0, os.fstat(handle.fileno()).st_size - 4096))
        lines = handle.read().decode(errors="replace").strip().splitlines()
    return f"It said: {lines[-1]}" if lines else f"It said nothing; {log} would have it."
