"""Suspended runs of deployments: their process ends, the slot of the worker is free, and a resume starts them again."""

import pytest

from flowtui import resume_flow_run, suspend_flow_run
from flowtui.engine.states import Cancelling
from tests.server.backends import deploy, gone, is_now, process_of, server_process
from tests.support import wait_until

ASKS = """
    import pathlib
    from flowtui import suspend_flow_run
    effects = pathlib.Path({effects!r})
    @task
    def act(n):
        with effects.open("a") as file:
            file.write(f"{{n}}\\n")
        return n
    @flow
    def main():
        return act(1) + suspend_flow_run(wait_for_input=int, timeout={timeout}) + act(100)
    """
LONG = """
    import time
    @task
    def act():
        return 1
    @flow
    def main():
        first = act()
        time.sleep(0 if {marker!r} else 600)
        return first
    """


@pytest.fixture
def begun(client, tmp_path):
    """Deploys a flow that asks for a number, runs it, and waits until it is suspended and nobody has it."""

    def beginning(timeout=None):
        code = ASKS.format(effects=str(tmp_path / "effects"), timeout=timeout)
        run = client.run_deployment(deploy(client, tmp_path / "project", code).id)
        wait_until(lambda: is_now(client, run, "Suspended", "Failed"), timeout=20, what="the run to be suspended")
        return run

    return beginning


def test_a_suspended_run_is_started_again_by_a_worker_when_it_is_resumed(home, client, begun, tmp_path):
    with server_process(home):
        run = begun()
        process = process_of(client, run)
        wait_until(lambda: gone(process), what="its process to end")
        now = client.read_flow_run(run.id)
        assert (now.owner, now.state.name) == (None, "Suspended")
        resume_flow_run(run.id, {"value": 10})
        wait_until(lambda: is_now(client, run, "Completed"), timeout=20, what="the run to complete")
    assert client.read_flow_run(run.id).result == "111"
    assert (tmp_path / "effects").read_text().split() == ["1", "100"]


def test_a_suspended_run_that_nobody_resumes_is_failed_by_the_service(home, client, begun):
    with server_process(home):
        run = begun(timeout=0.2)
        wait_until(lambda: is_now(client, run, "Failed"), timeout=20, what="the pause to be over")
    assert client.read_flow_run(run.id).state.message == "The flow was paused and never resumed."


def test_a_run_of_a_worker_is_suspended_from_outside_and_cancelled(home, client, tmp_path):
    with server_process(home):
        run = client.run_deployment(deploy(client, tmp_path / "project", LONG.format(marker="")).id)
        wait_until(lambda: client.read_flow_run(run.id).stats.done == 1, timeout=20, what="its first task")
        process = process_of(client, run)
        suspend_flow_run(flow_run_id=run.id)
        wait_until(lambda: gone(process), what="its process to end")
        wait_until(lambda: client.read_flow_run(run.id).owner is None, what="its process to let go")
        assert is_now(client, run, "Suspended")
        client.set_flow_run_state(run.id, Cancelling())
        assert is_now(client, run, "Cancelled")
