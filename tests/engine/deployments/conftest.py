"""Deployment files and flows, written into the test's folder."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowtui.engine.deployments.entry import DeploymentFile
from flowtui.engine.deployments.file import read_deployment_file

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the test's folder: `write("flows/a.py", text)`."""

    def put(name: str, text: str | bytes) -> Path:
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return put


@pytest.fixture
def read(write: Write) -> Callable[[str], DeploymentFile]:
    """Write `flowtui.yaml` and read it."""
    return lambda text: read_deployment_file(write("flowtui.yaml", text))


@pytest.fixture(autouse=True)
def forget_modules() -> Iterator[None]:
    """What a test's files imported is not there for the next test's files of the same name."""
    before, path = set(sys.modules), list(sys.path)
    yield
    assert sys.path == path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and "/project/" in (sys.modules[name].__file__ or ""):
            del sys.modules[name]
