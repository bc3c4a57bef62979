"""Start a contender's server for a benchmark, and end it."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.side_by_side import Contender

__all__ = ["serving"]


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def serving(contender: Contender, home: Path, **settings: str) -> Iterator[str]:
    """Run `… server start` on the store in `home`; answers with the address of its API once that is healthy."""
    port = _free_port()
    api = f"http://127.0.0.1:{port}/api"
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [contender.command, "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env=contender.environment(home) | settings,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(f"{api}/health", process)
        yield api
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with exit code {process.returncode} before it answered {url}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the server did not answer {url} within 60 s")
