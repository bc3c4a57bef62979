"""The command line as a person or a program uses it: in this process where that is enough, else in one of its own."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import current_settings
from flowtui.tui.cli.main import run as run_command
from tests.support import clean_environment, wait_until


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The data on stdout, which must be nothing but data."""
        return json.loads(self.out)


Flowtui = Callable[..., Done]


@pytest.fixture
def flowtui(capsys: pytest.CaptureFixture[str]) -> Flowtui:
    """Carry out a command line in this process: `flowtui("flow-run", "ls")`."""

    def call(*arguments: str) -> Done:
        capsys.readouterr()
        code = run_command(arguments)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the current one."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def on_terminal() -> Callable[..., tuple[int, bytes]]:
    """Run the command in a pseudo-terminal; its exit code and every byte that reached the terminal."""

    def call(*arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        ours, theirs = pty.openpty()
        environment = {**clean_environment(), "TERM": "xterm-256color", "COLUMNS": "200", **(env or {})}
        child = subprocess.Popen(
            [sys.executable, "-m", "flowtui", *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        )
        os.close(theirs)
        seen = bytearray()
        try:
            while True:
                try:
                    part = os.read(ours, 65536)
                except OSError:  # the other end was closed
                    break
                if not part:
                    break
                seen += part
        finally:
            os.close(ours)
        return child.wait(timeout=30), bytes(seen)

    return call


@pytest.fixture
def served(client: LocalClient, tmp_path: Path) -> Iterator[LocalClient]:
    """The store of this test, with a real server on it that runs what is due."""
    log = (tmp_path / "server.log").open("w+")
    command = [sys.executable, "-m", "flowtui", "server", "start", "--port", "0"]
    server = subprocess.Popen(command, env=clean_environment(current_settings().home), stdout=log, stderr=log)

    def is_up() -> bool:
        assert server.poll() is None, Path(log.name).read_text()
        return bool(client.list_backends())

    try:
        wait_until(is_up, 30, "the server to announce itself")
        yield client
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        finally:
            server.kill()
            log.close()
