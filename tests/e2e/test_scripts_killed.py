"""A script whose process is killed: noticed within two leases, and run again without repeating what had completed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun, TaskRunFilter
from tests.e2e.conftest import Flowtui
from tests.support import clean_environment, run_python, wait_until

LEASE = 1.0

SCRIPT = """
import sys
import threading
from pathlib import Path
from flowtui import flow, task

here = Path(__file__).parent

@task
def load(page):
    with open(here / "effects", "a") as effects:
        effects.write(f"load {page}\\n")
    return {"page": page, "rows": page * 10}

@task(persist_result=True)
def shape(pages):
    with open(here / "effects", "a") as effects:
        effects.write("shape\\n")
    return tuple(page["rows"] for page in pages)  # no JSON, so it is kept in a file

@flow
def check(rows):
    with open(here / "effects", "a") as effects:
        effects.write("check\\n")
    return sum(rows)

@task
def publish(total):
    if not (here / "go").exists():
        (here / "stuck").touch()
        threading.Event().wait(60)
    with open(here / "effects", "a") as effects:
        effects.write("publish\\n")
    return total

@flow
def pipeline(pages=4):
    rows = shape(load.map(range(pages)))
    return publish.submit(check(list(rows))).result()

if __name__ == "__main__":
    print(pipeline())
"""

AGAIN = """
import sys
from flowtui.engine.client.current import current_client
from flowtui.engine.runs.execute import run_again_here
import script
print(run_again_here(current_client().read_flow_run(sys.argv[1]), script.pipeline))
"""

DONE = {"load 0": 1, "load 1": 1, "load 2": 1, "load 3": 1, "shape": 1, "check": 1}


@pytest.fixture
def killed(client: LocalClient, tmp_path: Path) -> FlowRun:
    """The run of a script that was killed in its last task, just now."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = clean_environment(FLOWTUI_LEASE_SECONDS=str(LEASE))
    with subprocess.Popen([sys.executable, str(script)], env=environment, stderr=subprocess.DEVNULL) as process:
        wait_until((tmp_path / "stuck").exists, what="the last task to begin")
        # What was recorded before the last task is in the store once that one is.
        wait_until(lambda: open_tasks(client), what="the last task to be recorded")
        process.kill()
    assert effects(tmp_path) == DONE
    (run,) = (run for run in client.list_flow_runs().items if run.flow_name == "pipeline")
    return run


def open_tasks(client: LocalClient) -> list[str]:
    return [task.name for task in client.list_task_runs().items if task.name == "publish-0" and task.state.is_running()]


def effects(folder: Path) -> Counter[str]:
    return Counter((folder / "effects").read_text().splitlines())


def states(client: LocalClient, run: FlowRun) -> dict[str, str]:
    tasks = client.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items
    return {task.name: task.state.name for task in tasks}


def reaped(client: LocalClient) -> FlowRun:
    (run,) = wait_until(client.reap_leases, timeout=10, what="the lease to end")
    return run


def test_it_crashed_for_a_reason_within_two_leases(client: LocalClient, killed: FlowRun) -> None:
    begun = time.monotonic()
    assert killed.state.is_running()
    run = reaped(client)
    assert time.monotonic() - begun < 2 * LEASE + 0.5
    assert (run.id, run.state.name, run.owner) == (killed.id, "Crashed", None)
    message = str(run.state.message)
    assert str(killed.owner) in message
    assert "was killed or lost its machine" in message


def test_its_open_task_runs_have_ended_too_and_the_others_are_as_they_were(
    client: LocalClient, killed: FlowRun
) -> None:
    run = reaped(client)
    assert states(client, run) == {
        **{f"load-{number}": "Completed" for number in range(4)},
        "shape-0": "Completed",
        "check-0": "Completed",
        "publish-0": "Crashed",
    }
    assert (run.stats.tasks, run.stats.done, run.stats.failed) == (7, 7, 1)


def test_it_is_run_again_without_repeating_what_had_completed(
    client: LocalClient, killed: FlowRun, tmp_path: Path
) -> None:
    """In another process, under the same ids."""
    run = reaped(client)
    before = {task.name: task for task in client.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items}
    (tmp_path / "go").touch()
    done = run_python("-c", AGAIN, run.id, env=clean_environment(PYTHONPATH=str(tmp_path)))
    assert (done.returncode, done.stdout) == (0, "Completed()\n"), done.stderr
    assert effects(tmp_path) == {**DONE, "publish": 1}
    after = client.read_flow_run(run.id)
    assert (after.state.name, after.result, after.run_count) == ("Completed", "60", 2)
    assert set(states(client, run).values()) == {"Completed"}
    tasks = {task.name: task for task in client.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items}
    assert {name: task.id for name, task in tasks.items()} == {name: task.id for name, task in before.items()}
    assert (tasks["load-0"], tasks["publish-0"].run_count) == (before["load-0"], 2)
    assert (after.stats.tasks, after.stats.done, after.stats.failed) == (7, 7, 0)
    assert [one.name for one in client.list_flow_runs().items if one.flow_name == "check"] != []


def test_it_is_retried_by_hand_once_its_lease_is_over_though_no_server_runs(
    client: LocalClient, killed: FlowRun, tmp_path: Path, flowtui: Flowtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "go").touch()
    client.renew_leases(str(killed.owner), {killed.id: killed.epoch}, lease_seconds=60)
    early = flowtui("flow-run", "retry", killed.id, "--entrypoint", "script.py:pipeline")
    assert (early.code, "If its process was killed, that is certain at" in early.err) == (2, True)
    client.renew_leases(str(killed.owner), {killed.id: killed.epoch}, lease_seconds=0.001)
    without = flowtui("flow-run", "retry", killed.id)
    assert (without.code, f"Its process {killed.owner} is gone" in without.err) == (2, True)
    done = flowtui("flow-run", "retry", killed.id, "--entrypoint", "script.py:pipeline", "-o", "json")
    assert (done.code, done.json["id"], done.json["state_type"]) == (0, killed.id, "COMPLETED"), done.err
    assert effects(tmp_path) == {**DONE, "publish": 1}


def test_a_process_that_was_only_asleep_finds_its_run_taken_and_stops(client: LocalClient, tmp_path: Path) -> None:
    """A laptop that was closed, a machine that was paused: what it writes afterwards does not count."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = clean_environment(FLOWTUI_LEASE_SECONDS=str(LEASE))
    with subprocess.Popen(
        [sys.executable, str(script)], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: open_tasks(client), what="the last task to be recorded")
        os.kill(process.pid, signal.SIGSTOP)
        run = reaped(client)
        os.kill(process.pid, signal.SIGCONT)
        out, err = process.communicate(timeout=20)
    assert process.returncode != 0
    assert out == ""
    assert "has been taken over" in err
    assert client.read_flow_run(run.id) == run
    assert states(client, run)["publish-0"] == "Crashed"


def test_a_script_is_not_stopped_because_of_the_end_that_it_has_just_recorded(
    client: LocalClient, tmp_path: Path
) -> None:
    """Its leases are renewed between the commit and the moment in which it hears of that."""
    (tmp_path / "script.py").write_text("from flowtui import flow\n@flow\ndef main():\n    return 1\nprint(main())\n")
    environment = clean_environment(FLOWTUI_LEASE_SECONDS="1", FLOWTUI_FAULTS="run.finished=sleep:2")
    done = run_python(str(tmp_path / "script.py"), env=environment)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert client.list_flow_runs().items[0].state.is_completed()


def test_a_script_that_lives_is_never_called_crashed_however_short_its_lease(
    client: LocalClient, tmp_path: Path
) -> None:
    source = "import time\nfrom flowtui import flow\n@flow\ndef main():\n    time.sleep(4)\nmain()\n"
    (tmp_path / "script.py").write_text(source)
    environment = clean_environment(FLOWTUI_LEASE_SECONDS="1.5")  # a loaded machine may hold a thread up for a second
    with subprocess.Popen([sys.executable, str(tmp_path / "script.py")], env=environment) as process:
        seen = 0
        while process.poll() is None:
            assert client.reap_leases() == ()
            seen = client.wait(seen, 0.05)
    assert process.returncode == 0
    (run,) = client.list_flow_runs().items
    assert run.state.is_completed()
