"""kill −9 of a flow's process, of the zygote, of a backend: each run ends with a reason, and no process is left."""

import os
import signal

import psutil
import pytest

from flowtui.engine.states import Cancelling, Scheduled
from tests.server.backends import deploy, gone, is_now, process_of, server_process, suspend_between_writes
from tests.support import wait_until

LEASE = 2.0
LONG = "import time\n@flow\ndef main():\n    time.sleep(600)"


@pytest.fixture
def start(client, tmp_path):
    """Deploys code, runs it, and answers with the run and its process once it is Running."""

    def starting(code=LONG):
        run = client.run_deployment(deploy(client, tmp_path / "project", code).id)
        wait_until(lambda: is_now(client, run, "Running"), timeout=20, what="the run to start")
        return run, process_of(client, run)

    return starting


def zygote_of(server):
    (zygote,) = psutil.Process(server.pid).children()
    return zygote


def ends(client, run, timeout=20.0):
    wait_until(lambda: client.read_flow_run(run.id).end_time is not None, timeout, "the run to end")
    return client.read_flow_run(run.id)


def test_a_killed_flow_is_crashed_long_before_its_lease_ends(home, client, start):
    with server_process(home):
        run, process = start()
        process.kill()
        run = ends(client, run, timeout=5)
    assert run.state.name == "Crashed" and "ended by SIGKILL" in run.state.message


def test_a_retry_of_a_killed_flow_reuses_what_completed(home, client, start, tmp_path):
    """P7: the effects of a completed task happen once, whatever becomes of the process afterwards."""
    effects = tmp_path / "effects"
    code = f"""
        import os, pathlib, signal, time
        effects = pathlib.Path({str(effects)!r})
        @task
        def act(n):
            with effects.open("a") as file:
                file.write(f"{{n}}\\n")
            return n * 10
        @flow
        def main():
            first = [act(n) for n in range(3)]
            if not effects.with_suffix(".killed").exists():
                effects.with_suffix(".killed").touch()
                time.sleep(600)
            return first + [act(3)]
        """
    with server_process(home):
        run, process = start(code)
        wait_until(lambda: client.read_flow_run(run.id).stats.done == 3, what="three tasks to be recorded")
        wait_until(effects.with_suffix(".killed").exists, what="the flow to be past its tasks")
        process.kill()
        ends(client, run)
        client.set_flow_run_state(run.id, Scheduled())
        wait_until(lambda: is_now(client, run, "Completed"), timeout=20, what="the retry to complete")
    assert client.read_flow_run(run.id).result == "[0,10,20,30]"
    assert effects.read_text().split() == ["0", "1", "2", "3"]


def test_a_killed_zygote_is_replaced_and_its_runs_are_accounted_for(home, client, start):
    with server_process(home) as server:
        run, process = start()
        zygote_of(server).kill()
        run = ends(client, run)
        assert run.state.name == "Crashed" and run.state.message
        wait_until(lambda: gone(process), what="the flow's process to end")
        again = client.run_deployment(deploy(client, process_folder(client, run), "@flow\ndef main(): ...").id)
        wait_until(lambda: is_now(client, again, "Completed"), timeout=20, what="another run to complete")


def process_folder(client, run):
    from pathlib import Path

    return Path(client.read_deployment(run.deployment_id).path)


def test_a_flow_that_ignores_sigterm_does_not_survive_its_zygote(home, client, start):
    code = """
        import signal, time
        @flow
        def main():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("deaf", flush=True)
            time.sleep(600)
        """
    with server_process(home) as server:
        run, process = start(code)
        wait_until(lambda: any(line.message == "deaf" for line in client.read_logs(run.id).lines), what="it to be deaf")
        zygote_of(server).kill()
        run = ends(client, run)
        assert run.state.name == "Crashed"
        wait_until(lambda: gone(process), what="the flow's process to end")


def test_a_killed_backend_leaves_no_process_and_no_run_behind(home, client, start):
    """P3: the next backend, or the flow itself on its way out, says how it ended, within two leases."""
    with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)) as server:
        run, process = start()
        family = [process, zygote_of(server)]
        server.kill()
        server.wait()
        wait_until(lambda: all(gone(member) for member in family), timeout=15, what="zygote and flow to end")
        with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)):
            run = ends(client, run, timeout=2 * LEASE + 2)
            assert run.state.name == "Crashed" and run.state.message


def test_backend_zygote_and_flow_killed_together_leave_a_crashed_run(home, client, start):
    with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)) as server:
        run, process = start()
        family = [psutil.Process(server.pid), zygote_of(server), process]
        for member in family:
            member.suspend()  # so that none of them sees another one go
        for member in family:
            member.kill()
        server.wait()
        with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)):
            run = ends(client, run, timeout=2 * LEASE + 4)
    assert run.state.name == "Crashed" and "stopped renewing its lease" in run.state.message


def test_a_run_whose_worker_vanished_after_the_claim_is_not_stuck(home, client, tmp_path):
    deployment = deploy(client, tmp_path / "project", LONG)
    run = client.run_deployment(deployment.id)
    wait_until(lambda: client.claim_flow_runs("local", "a worker that vanished", limit=1, lease_seconds=1.0))
    with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)):
        wait_until(lambda: is_now(client, run, "Running"), timeout=2 * LEASE + 20, what="another worker to start it")
    told = [state.message for state in client.flow_run_states(run.id) if state.message]
    assert "handed out again" in told[0] and "a worker that vanished" in told[0]


def test_a_run_that_was_being_cancelled_when_everything_was_killed_is_cancelled(home, client, start):
    with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)) as server:
        run, process = start()
        family = [psutil.Process(server.pid), zygote_of(server), process]
        suspend_between_writes(home, *family)
        client.set_flow_run_state(run.id, Cancelling())
        for member in family:
            member.kill()
        server.wait()
        with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)):
            run = ends(client, run, timeout=2 * LEASE + 4)
    assert run.state.name == "Cancelled"


def test_a_frozen_family_is_fenced_off_when_it_wakes(home, client, start):
    """F06: whoever slept through its lease finds its run taken over; its writes are refused and it stops."""
    code = """
        import time
        @task
        def step(n):
            time.sleep(0.02)
        @flow
        def main():
            for n in range(100_000):
                step(n)
        """
    lease = {"FLOWTUI_LEASE_SECONDS": str(LEASE)}
    with server_process(home, **lease) as frozen:
        run, process = start(code)
        family = [psutil.Process(frozen.pid), zygote_of(frozen), process]
        suspend_between_writes(home, *family)
        with server_process(home, **lease):
            run = ends(client, run, timeout=2 * LEASE + 4)
            assert run.state.name == "Crashed"
            epoch, history = run.epoch, client.flow_run_states(run.id)
            for member in reversed(family):
                os.kill(member.pid, signal.SIGCONT)
            wait_until(lambda: gone(process), timeout=10, what="the fenced process to stop")
            assert client.read_flow_run(run.id).epoch == epoch
            assert client.flow_run_states(run.id) == history


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("os._exit(0)", "exit code 0: it ended before it could say how the run went"),
        ("os._exit(137)", "exit code 137, which stands for SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was ended by SIGSEGV"),
    ],
    ids=["exit 0", "exit 137", "SIGSEGV"],
)
def test_a_process_that_ends_without_a_word_is_crashed_and_never_completed(home, client, tmp_path, ending, words):
    """F09."""
    code = f"import os, signal\n@flow\ndef main():\n    {ending}"
    with server_process(home):
        run = ends(client, client.run_deployment(deploy(client, tmp_path / "project", code).id), timeout=30)
    assert run.state.name == "Crashed" and words in run.state.message
    assert [state.name for state in client.flow_run_states(run.id)] == ["Scheduled", "Pending", "Running", "Crashed"]
