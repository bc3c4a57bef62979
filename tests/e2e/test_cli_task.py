"""`flowtui task serve` as a process: it serves, stops when asked to, and is replaced when it is killed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import TaskRun
from tests.support import clean_environment, run_flowtui, run_python, wait_until

JOBS = """
import os, time
from pathlib import Path
from flowtui import task

@task
def double(x):
    return 2 * x

@task(retries=1)
def stubborn(folder):
    (Path(folder) / str(os.getpid())).touch()
    while not (Path(folder) / "go on").exists():
        time.sleep(0.02)
    return os.getpid()

@task
def fragile(folder):
    return stubborn.fn(folder)
"""

LEAVE = """
import sys
from jobs import double, fragile, stubborn
print(*[future.task_run_id for future in (double.delay(21), stubborn.delay(sys.argv[1]), fragile.delay(sys.argv[1]))])
"""

LEASE = 2.0


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    (tmp_path / "jobs.py").write_text(JOBS)
    (tmp_path / "leave.py").write_text(LEAVE)
    return tmp_path


def start(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = clean_environment(FLOWTUI_LEASE_SECONDS=str(LEASE))
    return subprocess.Popen([sys.executable, "-m", "flowtui", "task", "serve", *arguments], env=environment, cwd=folder)


def end(worker: "subprocess.Popen[bytes]") -> int:
    worker.send_signal(signal.SIGTERM)
    return worker.wait(40)


def leave(folder: Path) -> list[str]:
    marks = folder / "marks"
    marks.mkdir()
    done = run_python("leave.py", str(marks), cwd=folder, env=clean_environment())
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def ended(client: LocalClient, run_id: str) -> TaskRun | None:
    run = client.read_task_run(run_id)
    return run if run.state.is_final() else None


def is_running(client: LocalClient, run_id: str) -> bool:
    return client.read_task_run(run_id).state.is_running()


def test_a_worker_runs_what_was_left_and_ends_when_it_is_asked_to(client: LocalClient, jobs: Path) -> None:
    double = leave(jobs)[0]
    worker = start(jobs, "jobs.py:double")
    run = wait_until(lambda: ended(client, double), 40, "the run to end")
    assert (run.state.name, run.result) == ("Completed", "42")
    assert end(worker) == 0


def test_killed_workers_are_replaced_within_two_leases(client: LocalClient, jobs: Path) -> None:
    double, stubborn, fragile = leave(jobs)
    first = start(jobs, "jobs.py")
    wait_until(lambda: len(list((jobs / "marks").iterdir())) and ended(client, double), 40, "the first to have begun")
    for run_id in (fragile, stubborn):
        wait_until(lambda run_id=run_id: is_running(client, run_id), 40, "both to run")  # type: ignore[misc]
    second = start(jobs, "--module", "jobs")
    try:
        first.kill()
        first.wait()
        killed = time.monotonic()
        run = wait_until(lambda: ended(client, fragile), 40, "the run without retries to end")
        took = time.monotonic() - killed
        assert run.state.is_crashed() and f":{first.pid}:" in str(run.state.message)
        assert took < 2 * LEASE + 5  # a loaded machine takes its time to start the second
        (jobs / "marks" / "go on").touch()
        again = wait_until(lambda: ended(client, stubborn), 40, "the run with retries to end")
        assert (again.state.name, again.result, again.run_count) == ("Completed", str(second.pid), 2)
        names = [state.name for state in client.task_run_states(stubborn)]
        assert names == ["Scheduled", "Pending", "Running", "AwaitingRetry", "Pending", "Running", "Completed"]
    finally:
        assert end(second) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Say which tasks"),
        (("jobs.py:nothing",), "There is no 'nothing' in jobs.py"),
        (("jobs.py:os",), "not a task"),
        (("missing.py",), "There is no file missing.py"),
        (("--module", "json"), "holds no task"),
    ],
)
def test_what_cannot_be_served_is_said(jobs: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run_flowtui("task", "serve", *arguments, cwd=jobs)
    assert done.returncode == 2
    assert says in done.stderr
