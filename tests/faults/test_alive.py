"""P4: a run whose process lives is never called crashed, also when user code holds the interpreter for three leases."""

import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from flowtui.engine.states import Cancelling
from tests.server.backends import deploy, gone, is_now, process_of, server_process, suspend_between_writes
from tests.support import clean_environment, wait_until

LEASE = 2.0
SECOND = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A C function called without letting go of the interpreter: no thread of the process runs meanwhile.
HOLDS = """
    import ctypes
    @flow
    def inner():
        ctypes.PyDLL(None).sleep(7)
        return "slept"
    @flow
    def main():
        return inner()
"""


SCRIPT = """
from flowtui import flow, task
{}
if __name__ == "__main__":
    print(main(), flush=True)
"""


def script(tmp_path: Path, code: str) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(textwrap.dedent(code)))
    return path


def started(home: Path, path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(path)],
        env=clean_environment(home, FLOWTUI_LEASE_SECONDS=str(LEASE)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_runs_and_subflows_that_hold_the_interpreter_complete(home, client, tmp_path):
    """Of a worker, and of a script beside a server that looks for dead ones."""
    with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)):
        run = client.run_deployment(deploy(client, tmp_path / "project", HOLDS).id)
        process = started(home, script(tmp_path, HOLDS))
        said, _ = process.communicate(timeout=45)
        assert process.returncode == 0 and said.splitlines()[-1] == "slept", said
        wait_until(lambda: client.read_flow_run(run.id).end_time, timeout=30, what="the run to end")
    assert client.read_flow_run(run.id).result == '"slept"'
    runs = client.list_flow_runs().items
    assert [(one.flow_name, one.state.name) for one in runs if one.flow_name == "main"] == [("main", "Completed")] * 2
    assert [one.state.name for one in runs if one.flow_name == "inner"] == ["Completed"] * 2


STEPS = """
    import time
    @task
    def step(n):
        time.sleep(0.02)
    @flow
    def main():
        for n in range(100_000):
            step(n)
"""


def test_a_stopped_script_loses_its_run_and_stops_when_it_wakes(home, client, tmp_path):
    """F06. It is not at work, and nobody can know whether it ever will be again."""
    with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)):
        process = started(home, script(tmp_path, STEPS))
        try:
            (run,) = wait_until(lambda: client.list_flow_runs().items, timeout=20, what="the script to have a run")
            wait_until(lambda: is_now(client, run, "Running"), what="the script to run")
            suspend_between_writes(home, psutil.Process(process.pid))
            wait_until(lambda: is_now(client, run, "Crashed"), timeout=2 * LEASE + 10, what="the run to be taken away")
            history = client.flow_run_states(run.id)
            process.send_signal(signal.SIGCONT)
            process.communicate(timeout=15)
        finally:
            process.kill()
            process.wait()
    assert client.flow_run_states(run.id) == history


def test_a_stopped_child_of_a_live_worker_keeps_its_run_and_can_be_cancelled(home, client, tmp_path):
    with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)):
        run = client.run_deployment(deploy(client, tmp_path / "project", STEPS).id)
        wait_until(lambda: is_now(client, run, "Running"), timeout=20, what="the run to start")
        process = process_of(client, run)
        suspend_between_writes(home, process)
        until = client.read_flow_run(run.id).lease_until
        wait_until(lambda: _lease_of(client, run) > until + 3 * LEASE * SECOND, timeout=30, what="three leases to pass")
        assert is_now(client, run, "Running")
        client.set_flow_run_state(run.id, Cancelling())
        wait_until(lambda: is_now(client, run, "Cancelled"), timeout=30, what="it to be cancelled")
        wait_until(lambda: gone(process), what="its process to be gone")


def test_a_cancel_does_not_wait_for_a_worker_that_was_stopped(home, client, tmp_path):
    """Its child lives and could renew for ever, but only the worker would end it. Another server sees to it."""
    lease = {"FLOWTUI_LEASE_SECONDS": str(LEASE)}
    with server_process(home, **lease) as server:
        run = client.run_deployment(deploy(client, tmp_path / "project", STEPS).id)
        wait_until(lambda: is_now(client, run, "Running"), timeout=20, what="the run to start")
        process = process_of(client, run)
        worker = psutil.Process(server.pid)
        suspend_between_writes(home, worker)
        try:
            with server_process(home, **lease):
                until = client.read_flow_run(run.id).lease_until
                wait_until(lambda: _lease_of(client, run) > until + 2 * LEASE * SECOND, 30, "two leases to pass")
                client.set_flow_run_state(run.id, Cancelling())
                wait_until(lambda: is_now(client, run, "Cancelled"), timeout=2 * LEASE + 15, what="it to be cancelled")
                wait_until(lambda: gone(process), timeout=15, what="its process to stop itself")
        finally:
            worker.resume()


def _lease_of(client, run):
    return client.read_flow_run(run.id).lease_until or EPOCH
