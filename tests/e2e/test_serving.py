"""`serve`: a script that runs its own deployments, with nothing else running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import DeploymentSpec, FlowRun
from flowtui.engine.settings import current_settings
from flowtui.engine.states import Cancelling, StateType
from tests.support import clean_environment, wait_until

SCRIPT = """
import os, time
from flowtui import flow, serve

@flow(log_prints=True)
def quick(rows: int = 1):
    print("rows", rows, os.getpid())
    return rows

@flow
def slow():
    time.sleep(120)

async def main():
    await slow.serve("a", global_limit=1)

if __name__ == "__main__":
    {serving}
"""


class Script:
    """A script of a user's, in a process of its own."""

    def __init__(self, folder: Path, serving: str, *command: str) -> None:
        (folder / "jobs.py").write_text(SCRIPT.format(serving=serving))
        self.said = folder / "said.txt"
        with self.said.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, *(command or ("jobs.py",))],
                cwd=folder,
                env=clean_environment(current_settings().home),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def up(self, words: str = "Ctrl+C stops it.") -> None:
        def is_up() -> bool:
            assert self.process.poll() is None, self.said.read_text()
            return words in self.said.read_text()

        wait_until(is_up, 40, "the script to serve")

    def ended(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=40)


@pytest.fixture
def script(project: Path, client: LocalClient) -> Iterator[Callable[..., Script]]:
    started: list[Script] = []

    def start(serving: str, *command: str) -> Script:
        started.append(Script(project, serving, *command))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def ended(client: LocalClient, run: FlowRun, seconds: float = 40) -> FlowRun:
    return wait_until(
        lambda: next(iter([one for one in [client.read_flow_run(run.id)] if one.state.is_final()]), None),
        seconds,
        f"run {run.name} to end",
    )


def test_a_script_serves_its_deployments_until_it_is_interrupted(
    client: LocalClient, script: Callable[..., Script]
) -> None:
    one = script("quick.serve('often', interval=1, tags=['x'], parameters={'rows': 4})")
    one.up()
    often = client.read_deployment("quick/often")
    assert (often.work_pool_name, often.paused, often.tags) == (None, False, ("x",))
    assert "quick/often, every second" in one.said.read_text()

    asked = ended(client, client.run_deployment(often.id, parameters={"rows": 7}))
    assert asked.state.is_completed(), asked.state
    assert asked.result == "7"
    lines = [line.message for line in client.read_logs(asked.id).lines]
    assert f"rows 7 {one.process.pid}" not in lines  # it ran in a process of its own
    assert any(line.startswith("rows 7 ") for line in lines)
    planned = wait_until(
        lambda: [run for run in client.list_flow_runs().items if run.auto_scheduled and run.state.is_completed()],
        30,
        "a scheduled run to complete",
    )
    assert planned[0].parameters == {"rows": 4}

    assert one.ended(signal.SIGINT) == 0, one.said.read_text()
    assert client.read_deployment("quick/often").paused
    assert "paused until they are served again" in one.said.read_text()
    assert client.list_backends() == ()

    again = script("quick.serve('often', interval=1)")
    again.up()
    assert not client.read_deployment("quick/often").paused
    client.set_deployment_paused(often.id, True)  # by a person
    assert again.ended(signal.SIGTERM) == 0
    third = script("quick.serve('often', interval=1)")
    third.up("it is paused: flowtui deployment resume")
    assert client.read_deployment("quick/often").paused


def test_only_its_own_runs_are_taken_and_no_more_than_the_limit_at_once(
    client: LocalClient, script: Callable[..., Script]
) -> None:
    one = script("serve(slow.to_deployment('a'), quick.to_deployment('b'), limit=2, pause_on_shutdown=False)")
    one.up()
    other = client.save_deployment(DeploymentSpec(name="other", flow_name="f", entrypoint="jobs.py:quick", path="."))
    foreign = client.run_deployment(other.id)
    slow = client.read_deployment("slow/a")
    runs = [client.run_deployment(slow.id) for _ in range(3)]

    def running() -> list[FlowRun]:
        return [run for run in map(client.read_flow_run, [run.id for run in runs]) if run.state.is_running()]

    under_way = wait_until(lambda: running() if len(running()) == 2 else [], 30, "two runs to be under way")
    assert client.read_flow_run(foreign.id).state.is_scheduled()
    pids = [int(str(run.infrastructure_pid).rpartition(":")[2]) for run in under_way]
    assert one.ended(signal.SIGTERM) == 0, one.said.read_text()
    for run in under_way:
        state = client.read_flow_run(run.id).state
        assert state.type in (StateType.CRASHED, StateType.CANCELLED), state
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids)
    assert not client.read_deployment("slow/a").paused
    waiting = [run for run in runs if run.id not in {one.id for one in under_way}]
    assert client.read_flow_run(waiting[0].id).state.is_scheduled()


def test_async_code_serves_too_and_a_cancelled_run_ends_at_once(
    client: LocalClient, script: Callable[..., Script]
) -> None:
    one = script("import asyncio; asyncio.run(main())")
    one.up()
    deployment = client.read_deployment("slow/a")
    assert deployment.concurrency_limit == 1
    run = client.run_deployment(deployment.id)
    wait_until(lambda: client.read_flow_run(run.id).state.is_running() or None, 30, "the run to be under way")
    begun = time.monotonic()
    client.set_flow_run_state(run.id, Cancelling())
    assert ended(client, run).state.is_cancelled()
    assert time.monotonic() - begun < 8
    assert one.ended(signal.SIGINT) == 0


def test_the_command_line_serves_a_flow_of_a_file(client: LocalClient, script: Callable[..., Script]) -> None:
    arguments = ("flow", "serve", "jobs.py:quick", "-n", "cli", "--cron", "0 3 * * *", "--param", "rows=5", "-t", "y")
    one = script("pass", "-m", "flowtui", *arguments)
    one.up()
    deployment = client.read_deployment("quick/cli")
    assert (deployment.parameters, deployment.tags, deployment.entrypoint) == ({"rows": 5}, ("y",), "jobs.py:quick")
    assert ended(client, client.run_deployment(deployment.id)).result == "5"
    assert one.ended(signal.SIGINT) == 0
    assert os.path.exists(one.said)
