"""What tests of every part share: waiting for a condition instead of sleeping, and running flowtui in a process."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

__all__ = ["ROOT", "clean_environment", "run_flowtui", "run_python", "until", "wait_until"]

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parent.parent
"""The repository."""

_PAUSE: Final = 0.01


def wait_until(condition: Callable[[], T], timeout: float = 10.0, what: str = "the condition") -> T:
    """Call `condition` until its value is true and answer with that value.

    `what` completes the sentence "waited 10 s for …", which is the message of the `AssertionError` at the deadline.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s for {what}; it was last {value!r}")
        time.sleep(_PAUSE)


async def until(condition: Callable[[], T], timeout: float = 10.0, what: str = "the condition") -> T:
    """`wait_until` for tests that are coroutines: other tasks run on between two looks."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s for {what}; it was last {value!r}")
        await asyncio.sleep(_PAUSE)


def clean_environment(home: Path | str | None = None, **more: str) -> dict[str, str]:
    """The environment of a child: no setting but the home (this test's own, unless one is given) and `more`.

    Where this test's own store is elsewhere, by a fixture, that of a child in the same home is there, too.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith(("FLOWTUI_", "PREFECT_"))}
    own = os.environ["FLOWTUI_HOME"]
    env["FLOWTUI_HOME"] = str(home) if home is not None else own
    if env["FLOWTUI_HOME"] == own and "FLOWTUI_DATABASE_URL" in os.environ:
        env["FLOWTUI_DATABASE_URL"] = os.environ["FLOWTUI_DATABASE_URL"]
    env["PYTHONWARNINGS"] = "default"
    return env | more


def run_python(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 50.0,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run this Python with `arguments` to its end, whatever its exit code."""
    return _run([sys.executable, *arguments], env, cwd, timeout, stdin)


def run_flowtui(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 50.0,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the `flowtui` command to its end, whatever its exit code. No terminal: all three streams are pipes."""
    return _run([sys.executable, "-m", "flowtui", *arguments], env, cwd, timeout, stdin)


def _run(
    command: Sequence[str], env: Mapping[str, str] | None, cwd: Path | None, timeout: float, stdin: str | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=dict(env) if env is not None else clean_environment(),
        cwd=cwd,
        timeout=timeout,
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        check=False,
    )
