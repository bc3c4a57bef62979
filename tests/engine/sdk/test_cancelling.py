"""Cancelling from another process: the run stops with its tasks, subflows and child processes, and says Cancelled."""

from pathlib import Path

import psutil
import pytest

from flowtui import Cancelling, flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import CancelledRun
from tests.engine.sdk.asking import names_of, only_run, runs_of, tasks_of
from tests.engine.sdk.scripts import started, when_running
from tests.support import wait_until

SCRIPT = """
import asyncio, subprocess, sys, time
from flowtui import flow, task

def stay():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    open(sys.argv[2], "w").write(str(child.pid))
    print("inside", flush=True)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.01)

@task
def work():
    stay()

@task
async def awork():
    print("inside", flush=True)
    await asyncio.sleep(60)

@flow
def called():
    work()

@flow
def submitted():
    first = work.submit()
    return [first, work.submit(wait_for=[first])]

@flow
def subflow():
    called()

@flow
async def awaiting():
    await awork()

found = globals()[sys.argv[1]]
try:
    asyncio.run(found()) if found.is_async else found()
except BaseException as error:
    print(type(error).__name__, error, flush=True)
    raise
"""


@pytest.mark.parametrize("name", ["called", "submitted", "subflow", "awaiting"])
def test_a_cancelled_script_ends_with_all_that_it_started(client: LocalClient, tmp_path: Path, name: str) -> None:
    pid_file = tmp_path / "pid"
    with started(tmp_path, SCRIPT, name, str(pid_file)) as process:
        run = when_running(process, client)
        assert client.set_flow_run_state(run.id, Cancelling()).status == "ACCEPT"
        out, err = process.communicate(timeout=20)
    assert "CancelledRun Cancelled while it was running." in out, out + err
    assert process.returncode == 1
    ended = client.read_flow_run(run.id)
    assert (ended.state.name, ended.owner) == ("Cancelled", None)
    assert names_of(client, run.id) == ["Pending", "Running", "Cancelling", "Cancelled"]
    assert {one.state.name for one in tasks_of(client).values()} <= {"Cancelled", "Crashed"}
    if name == "subflow":
        assert [one.state.name for one in runs_of(client, "called")] == ["Cancelled"]
    if pid_file.exists():
        child = int(pid_file.read_text())
        assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_run_can_be_cancelled_by_its_own_code(client: LocalClient) -> None:
    """The process goes on."""

    @flow
    def outer() -> None:
        client.set_flow_run_state(only_run(client).id, Cancelling())
        wait_until(lambda: False, timeout=20)

    with pytest.raises(CancelledRun, match="Cancelled while it was running"):
        outer()
    assert only_run(client).state.name == "Cancelled"
    assert flow(name="after")(lambda: "fine")() == "fine"


def test_a_cancelled_run_is_not_tried_again(client: LocalClient) -> None:
    calls: list[int] = []

    @task(retries=3)
    def work() -> None:
        calls.append(1)
        client.set_flow_run_state(only_run(client).id, Cancelling())
        wait_until(lambda: False, timeout=20)

    with pytest.raises(CancelledRun):
        flow(name="outer", retries=3)(work)()
    assert calls == [1]
    assert only_run(client).run_count == 1


ONLY_THE_SUBFLOW = """
from flowtui import Cancelling, flow
from flowtui.engine.client.current import current_client
from flowtui.engine.context import get_run_context
from flowtui.engine.errors import CancelledRun
import time

@flow
def inner():
    current_client().set_flow_run_state(get_run_context().handle.run_id, Cancelling())
    end = time.monotonic() + 30
    while time.monotonic() < end:
        pass

@flow
def outer():
    try:
        inner()
    except CancelledRun:
        return "went on"

print(outer())
"""


def test_a_cancelled_subflow_is_raised_in_its_parent(client: LocalClient, tmp_path: Path) -> None:
    with started(tmp_path, ONLY_THE_SUBFLOW) as process:
        out, err = process.communicate(timeout=25)
    assert (process.returncode, out) == (0, "went on\n"), err
    assert only_run(client).state.is_completed()
    assert [run.state.name for run in runs_of(client, "inner")] == ["Cancelled"]
