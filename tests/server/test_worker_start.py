"""`flowtui worker start` as a person runs it: a process of its own, on SQLite and on PostgreSQL."""

import json
import signal
import urllib.error
import urllib.request

import pytest

from flowtui.engine.states import Cancelling
from tests.server.backends import deploy, gone, has_ended, is_now, process_of, worker_process
from tests.support import clean_environment, run_flowtui, run_python, wait_until

QUICK = (
    "@flow\ndef main(n: int = 1):\n    print('printed')\n    if not n:\n        raise ValueError('none')\n    return n"
)
DEAF = """
    import signal, time
    @flow
    def main():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
"""
SLOW = "import time\n@flow\ndef main():\n    time.sleep(600)"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "project"


def test_a_worker_serves_its_pool_says_goodbye_and_shows_what_runs_print(on_place, store_client, folder):
    store_client.create_work_pool("crew")
    deployment = deploy(store_client, folder, QUICK, work_pool_name="crew")
    with worker_process("--pool", "crew", "--name", "anna", "--limit", "3", env=on_place.environment()) as worker:
        run = has_ended(store_client, store_client.run_deployment(deployment.id, parameters={"n": 7}))
        (known,) = store_client.list_workers("crew")
        assert (run.state.name, run.result, run.worker_name) == ("Completed", "7", "anna")
        assert (known.name, known.pid, known.slots, known.online) == ("anna", worker.pid, 3, True)
        assert store_client.read_work_pool("crew").status == "READY"
        worker.send(signal.SIGTERM)
        assert worker.ends() == 0
    assert f"{run.name} | printed\n" in worker.stdout
    (known,) = store_client.list_workers("crew")
    assert known.stopped is not None and not known.online
    assert store_client.read_work_pool("crew").status == "NOT_READY"


def test_run_once_takes_what_is_due_and_says_by_its_exit_code_how_it_went(client, folder):
    deployment = deploy(client, folder, QUICK)
    good = [client.run_deployment(deployment.id) for _ in range(3)]
    with worker_process("--run-once", "--limit", "1", until_up=False) as worker:
        assert worker.ends() == 0
    assert all(client.read_flow_run(run.id).state.is_completed() for run in good)

    bad = client.run_deployment(deployment.id, parameters={"n": 0})
    with worker_process("--run-once", until_up=False) as worker:
        assert worker.ends() == 1
    assert client.read_flow_run(bad.id).state.is_failed()


def test_a_worker_takes_runs_of_its_queues_only(client, folder):
    client.create_work_queue("local", "fast")
    slow = client.run_deployment(deploy(client, folder, QUICK).id)
    code = QUICK.replace("main", "other")
    fast = client.run_deployment(deploy(client, folder, code, name="other", work_queue_name="fast").id)
    with worker_process("-q", "fast", "--run-once", until_up=False) as worker:
        assert worker.ends() == 0
    assert client.read_flow_run(fast.id).state.is_completed()
    assert client.read_flow_run(slow.id).state.is_scheduled()


def test_two_workers_with_one_name_are_one_too_many_unless_the_first_is_dead(client):
    with worker_process("--name", "anna") as first:
        second = run_flowtui("worker", "start", "--name", "anna")
        assert second.returncode == 2
        assert f"has a worker 'anna' already (process {first.pid} on " in second.stderr
        assert "--name" in second.stderr
        first.send(signal.SIGKILL)
        first.ends()
        with worker_process("--name", "anna") as third:
            assert "Worker 'anna' is up." in third.said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("--pool", "locl"),
            "no work pool 'locl'. Did you mean 'local'? Create it with: flowtui work-pool create locl",
        ),
        (("--type", "proces"), "no worker type 'proces'. Did you mean process?"),
        (("--work-queue", "defalt"), "no queue in work pool 'local' 'defalt'. Did you mean 'default'?"),
        (("--pool", "docks"), "no worker type 'ships'. There is process."),
        (("--limit", "0"), "a worker carries out at least one run at once"),
        (("--base-job-template", "nowhere.json", "--pool", "new", "--create-pool-if-not-found"), "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_made(client, arguments, words):
    client.create_work_pool("docks", type="ships")
    before = {pool.name for pool in client.list_work_pools()}
    done = run_flowtui("worker", "start", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {pool.name for pool in client.list_work_pools()} == before
    assert client.list_workers() == ()


def test_a_worker_of_the_wrong_type_is_refused(client):
    client.create_work_pool("docks", type="ships")
    done = run_flowtui("worker", "start", "--pool", "docks", "--type", "process")
    assert done.returncode == 2
    assert "Work pool 'docks' is of type 'ships'; a worker of type 'process' cannot serve it." in done.stderr


def test_a_pool_is_created_when_asked_for(client, folder):
    template = {"job_configuration": {"env": "{{ env }}"}, "variables": {"properties": {"env": {"type": "object"}}}}
    folder.mkdir()
    (folder / "template.json").write_text(json.dumps(template))
    asked = ("--create-pool-if-not-found", "--base-job-template", str(folder / "template.json"))
    with worker_process("--pool", "new", *asked, "--run-once", until_up=False) as worker:
        assert worker.ends() == 0
    pool = client.read_work_pool("new")
    assert (pool.type, pool.base_job_template) == ("process", template)


def ask(url):
    """Status and body of an answer."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_its_health_is_answered_over_http(client, home):
    with worker_process("--with-healthcheck", "--healthcheck-port", "0", "--name", "anna") as worker:
        url = worker.said.split("Health")[1].split()[0]
        status, about = ask(url)
        assert (status, about["name"], about["pool"], about["running"]) == (200, "anna", "local", [])
        assert ask(url.replace("/health", "/other"))[0] == 404


def test_it_is_not_well_when_the_store_has_not_been_reached_for_three_heartbeats(settings, client):
    from flowtui.server.workers.options import WorkerOptions
    from flowtui.server.workers.process import ProcessWorker
    from flowtui.server.workers.process_of_its_own import WorkerProcess

    worker = WorkerProcess(client, settings, WorkerOptions(heartbeat_seconds=0.01), carrier=ProcessWorker)
    wait_until(lambda: not worker.health()[0], what="three heartbeats to be missed")


def test_a_stopped_worker_ends_its_runs_and_a_second_signal_hurries(client, folder):
    deployment = deploy(client, folder, DEAF)
    with worker_process() as worker:
        run = client.run_deployment(deployment.id)
        wait_until(lambda: is_now(client, run, "Running"), 30.0, "the run to run")
        process = process_of(client, run)
        wait_until(lambda: ignores_sigterm(process), what="it to be deaf")
        worker.send(signal.SIGTERM)
        worker.send(signal.SIGINT)
        assert worker.ends(9.0) == 0  # the grace is ten seconds
        assert gone(process)
    ended = client.read_flow_run(run.id)
    assert ended.state.name == "Crashed"
    assert ended.state.message.startswith("Its worker was stopped while it ran.")


def ignores_sigterm(process):
    """Whether SIGTERM is in a process's mask of ignored signals."""
    with open(f"/proc/{process.pid}/status") as status:
        mask = next(line for line in status if line.startswith("SigIgn"))
    return bool(int(mask.split()[1], 16) & (1 << (signal.SIGTERM - 1)))


def test_a_worker_ends_what_is_cancelled(client, folder):
    deployment = deploy(client, folder, SLOW)
    with worker_process():
        run = client.run_deployment(deployment.id)
        wait_until(lambda: is_now(client, run, "Running"), 30.0, "the run to run")
        process = process_of(client, run)
        client.set_flow_run_state(run.id, Cancelling())
        assert has_ended(client, run).state.name == "Cancelled"
        assert gone(process)


def test_a_worker_stops_when_its_pool_is_deleted(client):
    client.create_work_pool("crew")
    with worker_process("--pool", "crew") as worker:
        client.delete_work_pool("crew")
        assert worker.ends() == 0
    assert "The work pool 'crew' was deleted." in worker.said


def test_starting_a_worker_imports_no_terminal_and_no_web_framework():
    code = (
        "import sys\n"
        "import flowtui.server.worker_start, flowtui.server.workers.process\n"
        "print(sorted({'textual', 'rich', 'fastapi', 'uvicorn', 'apscheduler', 'pydantic'} & set(sys.modules)))"
    )
    done = run_python("-c", code, env=clean_environment())
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
