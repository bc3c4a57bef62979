"""From a fresh clone to a running program: the Python that is chosen, and what the verbs do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

FIND = ROOT / ".ci" / "find-python"


def fake(folder: Path, name: str, script: str) -> Path:
    """A command of that name, as a shell script."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def find(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Look for a Python where only the commands in `folder` exist."""
    folder.mkdir(exist_ok=True)
    command = ["/bin/sh", str(FIND), *arguments]
    return subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)


def test_the_newest_python_that_works_is_chosen(tmp_path: Path) -> None:
    """A version manager leaves commands behind that only say that their version is not there."""
    fake(tmp_path / "bin", "python3.13", "echo 'version 3.13 is not installed' >&2; exit 127")
    fake(tmp_path / "bin", "python3.12", f'exec {sys.executable} "$@"')
    fake(tmp_path / "bin", "python3", f'exec {sys.executable} "$@"')

    assert find(tmp_path / "bin").stdout.strip() == "python3.12"


def test_a_python_that_is_too_old_is_told_with_what_to_do(tmp_path: Path) -> None:
    fake(tmp_path / "bin", "python3", '[ "$1" = --version ] && echo "Python 3.9.2" || exit 1')

    done = find(tmp_path / "bin")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "flowtui needs Python 3.11 or newer, with its venv module; python3 here is Python 3.9.2." in done.stderr
    assert "make PYTHON=" in done.stderr


def test_no_python_at_all_is_told_too(tmp_path: Path) -> None:
    done = find(tmp_path / "bin")

    assert done.returncode == 1
    assert "there is no python3 here" in done.stderr


def test_a_python_that_was_asked_for_is_taken_or_refused_by_name(tmp_path: Path) -> None:
    assert find(tmp_path / "bin", sys.executable).stdout.strip() == sys.executable
    assert "/no/such/python cannot be used" in find(tmp_path / "bin", "/no/such/python").stderr


def make(*arguments: str) -> str:
    """What `make` would do."""
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run(["make", "-n", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_make_test_is_everything_that_has_to_hold() -> None:
    would = make("test", "VENV=/no/such/venv")
    steps = [would.find(tool) for tool in ("ruff check", "ruff format --check", "lint-imports", "mypy", "pytest")]

    assert -1 not in steps
    assert steps == sorted(steps)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_make_run_installs_what_is_missing_and_opens_the_demo() -> None:
    would = make("run", "VENV=/no/such/venv")

    assert would.index("find-python") < would.index("pip install") < would.index("flowtui demo")


def test_the_scripts_of_the_repository_can_be_executed() -> None:
    for script in (ROOT / ".ci").iterdir():
        assert os.access(script, os.X_OK), f"{script.name} cannot be executed"
