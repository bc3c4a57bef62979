"""The headless backend as a process: what it says, what it answers, how it ends."""

import signal
import socket

import httpx
import psutil
import pytest

import flowtui
from flowtui.engine.schedules import Interval
from tests.server.backends import deploy, gone, is_now, process_of, server_process
from tests.support import clean_environment, run_python, wait_until

RUN = """
import sys
from flowtui.engine.settings import current_settings
from flowtui.server.backend import run
sys.exit(run(current_settings(), port=int(sys.argv[1])))
"""


def test_it_says_where_it_is_answers_and_ends_cleanly_on_sigterm(home, client):
    with server_process(home) as server:
        assert httpx.get(f"{server.api}/health").json() is True
        assert httpx.get(f"{server.api}/version").json() == flowtui.__version__
        (backend,) = client.list_backends()
        assert (backend.kind, backend.pid, backend.url) == ("server", server.pid, server.api)
        assert backend.host == socket.gethostname()
        family = psutil.Process(server.pid).children(recursive=True)
        server.send_signal(signal.SIGTERM)
        assert server.wait(15) == 0
        assert server.stderr.read().endswith("flowtui server has stopped.\n")
        assert client.list_backends() == ()
        assert family and all(gone(member) for member in family)


def test_ctrl_c_ends_it_cleanly_too(home):
    with server_process(home) as server:
        server.send_signal(signal.SIGINT)
        assert server.wait(15) == 0


def test_every_service_reports_that_it_works(home):
    with server_process(home) as server:

        def services():
            return httpx.get(f"{server.api}/flowtui/health").json()["services"]

        wait_until(lambda: all(service["last_ok"] for service in services()), what="each service to have worked")
        assert {"schedules", "late runs", "leases", "slots", "pauses", "logs"} <= {one["name"] for one in services()}
        assert all(service["leading"] and service["error"] is None for service in services())


def test_of_two_servers_on_one_store_one_leads_and_the_other_takes_over_at_once(home):
    def leading(server):
        services = httpx.get(f"{server.api}/flowtui/health").json()["services"]
        return {service["name"]: service["leading"] for service in services}

    with server_process(home) as leader:
        wait_until(lambda: all(leading(leader).values()), what="the first to lead all services")
        with server_process(home) as other:
            assert not any(leading(other).values())
            leader.send_signal(signal.SIGTERM)
            assert leader.wait(15) == 0
            # Much less than the lease: the first has let go of it.
            wait_until(lambda: any(leading(other).values()), timeout=8, what="the other to lead")


def test_a_port_in_use_is_one_sentence_and_exit_code_1(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = run_python("-c", RUN, str(port))
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"Port {port} on 127.0.0.1 is in use by another program")
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("home_of", [lambda tmp_path: tmp_path / "file" / "home", lambda tmp_path: tmp_path / "file"])
def test_a_home_that_cannot_be_written_is_one_sentence_and_exit_code_1(tmp_path, home_of):
    (tmp_path / "file").write_text("in the way")
    outcome = run_python("-c", RUN, "0", env=clean_environment(home_of(tmp_path)))
    assert outcome.returncode == 1
    assert str(tmp_path / "file") in outcome.stderr and "Set FLOWTUI_HOME to a folder" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_a_server_is_not_served_by_a_server(home):
    env = clean_environment(home, FLOWTUI_API_URL="http://127.0.0.1:9/api")
    outcome = run_python("-c", RUN, "0", env=env)
    assert outcome.returncode == 1 and "FLOWTUI_API_URL is http://127.0.0.1:9/api" in outcome.stderr


def test_stopping_it_ends_its_runs_and_their_processes(home, client, tmp_path):
    code = "import os, time\n@flow\ndef main():\n    time.sleep(600)"
    deployment = deploy(client, tmp_path / "project", code)
    with server_process(home) as server:
        run = client.run_deployment(deployment.id)
        wait_until(lambda: is_now(client, run, "Running"), what="the run to start")
        pid = process_of(client, run).pid
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    assert not psutil.pid_exists(pid)
    assert client.read_flow_run(run.id).state.name == "Crashed"


def test_a_run_that_another_process_creates_is_started_at_once(home, client, tmp_path):
    """The bar is 0.3 s on an idle machine; this only tells being woken from looking every now and then."""
    deployment = deploy(client, tmp_path / "project", "@flow\ndef main(): ...")
    with server_process(home) as server:

        def worker():
            return httpx.get(f"{server.api}/flowtui/health").json()["worker"]

        wait_until(lambda: worker()["warm"], what="a warm zygote")
        waited = []
        for _ in range(5):
            wait_until(lambda: not worker()["running"], what="the worker to be idle")
            run = client.run_deployment(deployment.id)
            wait_until(lambda run=run: is_now(client, run, "Completed"), what="the run to complete")
            run = client.read_flow_run(run.id)
            waited.append((run.start_time - run.created).total_seconds())
    assert sorted(waited)[2] < 0.8, waited


def test_a_schedule_is_materialised_and_its_runs_are_carried_out(home, client, tmp_path):

    from flowtui.engine.clock import utc_now
    from flowtui.engine.query import Query

    schedule = Interval(1, utc_now())
    deployment = deploy(client, tmp_path / "project", "@flow\ndef main(): ...", schedules=(schedule,))

    def completed():
        runs = client.list_flow_runs(Query.of(deployment_id=deployment.id), limit=200).items
        return [run for run in runs if run.state.is_completed()]

    with server_process(home):
        wait_until(lambda: len(completed()) >= 3, timeout=30, what="three runs of the schedule")
    instants = [run.expected_start_time for run in completed()]
    assert len(set(instants)) == len(instants)
    assert all(run.auto_scheduled and run.start_time >= run.expected_start_time for run in completed())


def test_nothing_heavy_of_another_part_is_loaded():
    """Neither the terminal's library nor, before it is needed, the web framework."""
    others = "'textual', 'rich', 'fastapi', 'uvicorn', 'sqlalchemy'"
    code = f"import sys, flowtui.server.backend; print([name for name in ({others}) if name in sys.modules])"
    assert run_python("-c", code).stdout.strip() == "[]"
