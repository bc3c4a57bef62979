"""kill −9 at each named point from the claim to the end: one start for each attempt, and nothing is stuck."""

import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from flowtui.engine import faults
from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import FlowRun, TaskRunFilter
from flowtui.engine.schedules import Interval
from flowtui.engine.states import Scheduled
from flowtui.engine.store.tables import deployment_schedule
from tests.engine.store.made import a_place, new_run
from tests.server.backends import deploy, gone, server_process
from tests.support import clean_environment, wait_until

LEASE = 1.5
MARGIN = 20.0
"""Seconds on top of two leases, for a machine that does much else."""
SERVE = """
import sys
from flowtui.engine.settings import current_settings
from flowtui.server.backend import run
sys.exit(run(current_settings(), port=0))
"""
CODE = """
    import os, pathlib
    effects = pathlib.Path({effects!r})
    def note(what):
        with effects.open("a") as file:
            file.write(os.environ["FLOWTUI_PROCESS_OF"] + " " + what + "\\n")
    @task
    def step(n):
        note(f"step-{{n}}")
        return n
    @flow
    def main():
        note("main")
        return [step(n) for n in range(3)]
"""

CHILD = tuple(point for point in faults.POINTS if point.startswith(("zygote.", "child.", "run.")))
WORKER = tuple(point for point in faults.POINTS if point.startswith(("worker.", "store.")))
SERVER = tuple(point for point in faults.POINTS if point.startswith(("server.", "services.")))


def test_every_point_is_killed_at() -> None:
    assert sorted(CHILD + WORKER + SERVER) == sorted(faults.POINTS)


@dataclass
class Site:
    """A store, a flow that leaves traces, and servers (or what `command` is) that die at each of some points, once."""

    client: LocalClient
    home: Path
    folder: Path
    points: tuple[str, ...]
    command: tuple[str, ...] = ("-c", SERVE)
    pool: str = "local"

    def __post_init__(self) -> None:
        self.effects, self.hits = self.folder / "effects", self.folder / "hits"
        self.effects.touch()
        self.hits.mkdir()
        code = CODE.format(effects=str(self.effects))
        self.deployment = deploy(self.client, self.folder / "project", code, work_pool_name=self.pool)

    def left(self) -> set[str]:
        """The points at which nobody has died yet."""
        return set(self.points) - set(os.listdir(self.hits))

    @contextlib.contextmanager
    def server(self) -> Iterator["subprocess.Popen[bytes]"]:
        env = clean_environment(
            self.home,
            FLOWTUI_LEASE_SECONDS=str(LEASE),
            FLOWTUI_FAULTS=" ".join(f"{point}=kill" for point in self.points),
            FLOWTUI_FAULTS_ONCE=str(self.hits),
        )
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen([sys.executable, *self.command], env=env, stderr=said, cwd="/")
        family: list[psutil.Process] = []
        try:
            yield process
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                family = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
            for member in family:
                wait_until(lambda member=member: gone(member), timeout=30, what=f"{member} to end")

    def with_servers(self, finished: Callable[[], bool], timeout: float = 200.0) -> None:
        """One server after the other, until there is no more to do."""
        deadline = time.monotonic() + timeout
        while not finished():
            assert time.monotonic() < deadline, (self.left(), (self.folder / "said").read_text()[-2000:])
            with self.server() as process:
                wait_until(
                    lambda process=process: process.poll() is not None or finished(), 60, "it to die or to finish"
                )

    def moves_on(self, run: FlowRun) -> bool:
        """Look at the run as a person would: try it again when it crashed. True once it has completed."""
        now = self.client.read_flow_run(run.id)
        if not now.state.is_crashed():
            return now.state.is_completed()
        assert now.state.message, "a crash has a reason"
        self.client.set_flow_run_state(run.id, Scheduled())
        return False

    def check(self, run: FlowRun) -> None:
        """P1 and P7: each attempt is started once; what is known to have completed is not done again."""
        lines = [line.split() for line in self.effects.read_text().splitlines() if line.startswith(run.id)]
        starts = Counter(mark for mark, what in lines if what == "main")
        assert set(starts.values()) <= {1}, starts
        steps = Counter((mark, what) for mark, what in lines)
        assert set(steps.values()) == {1}, steps
        states = [state.name for state in self.client.flow_run_states(run.id)]
        assert states.count("Running") <= states.count("Pending"), states
        assert states.count("Completed") == 1, states


@pytest.mark.timeout(240)
def test_killed_children_and_zygotes(client: LocalClient, home: Path, tmp_path: Path) -> None:
    here = Site(client, home, tmp_path, CHILD)
    run = client.run_deployment(here.deployment.id)
    done: set[str] = set()

    def finished() -> bool:
        now = client.read_flow_run(run.id)
        if now.state.is_crashed():
            tasks = client.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items
            done.update(task.name for task in tasks if task.state.is_completed())
            before = here.effects.read_text()
            assert all(before.count(f" {name}\n") == 1 for name in done), (done, before)
        return here.moves_on(run)

    with here.server():
        wait_until(finished, timeout=200, what="the run to complete after all")
    assert here.left() == set()
    here.check(run)
    assert all(here.effects.read_text().count(f" {name}\n") == 1 for name in done)


@pytest.mark.timeout(240)
def test_killed_workers(client: LocalClient, home: Path, tmp_path: Path) -> None:
    """One worker after the other, beside a server that looks after what they leave."""
    a_place(client, "far")
    command = ("-m", "flowtui", "worker", "start", "--pool", "far")
    here = Site(client, home, tmp_path, WORKER, command, "far")
    runs = [client.run_deployment(here.deployment.id)]
    since = time.monotonic()

    def finished() -> bool:
        """Where a run completed before every point was passed, another one is asked for."""
        nonlocal since
        now = client.read_flow_run(runs[-1].id)
        if now.owner is None or now.lease_until is None or now.lease_until > utc_now():
            since = time.monotonic()
        assert time.monotonic() - since < 2 * LEASE + MARGIN, f"{now.state} is stuck"
        if here.moves_on(now) and here.left():
            runs.append(client.run_deployment(here.deployment.id))
        return here.moves_on(client.read_flow_run(runs[-1].id)) and not here.left()

    with server_process(home, FLOWTUI_LEASE_SECONDS=str(LEASE)):
        here.with_servers(finished)
    for run in runs:
        here.check(run)


@pytest.mark.timeout(240)
def test_killed_servers(client: LocalClient, home: Path, tmp_path: Path) -> None:
    """Each finds something to do: a schedule to plan, a run that is late, and one whose worker has vanished."""
    here = Site(client, home, tmp_path, SERVER)
    for pool in ("nobody", "gone"):
        a_place(client, pool)
    every_minute = Interval("1m")
    planned = deploy(
        client, here.folder / "planned", "@flow\ndef hourly(): ...", name="hourly", schedules=(every_minute,)
    )
    forget_plans(client)
    late = client.create_flow_run(new_run(work_pool_name="nobody", state=Scheduled(utc_now() - timedelta(minutes=5))))
    vanished = client.create_flow_run(new_run(work_pool_name="gone"))
    client.claim_flow_runs("gone", "a worker that vanished", limit=1, lease_seconds=0.1)
    here.with_servers(lambda: not here.left())
    with here.server():  # what the last one began is carried to its end
        wait_until(lambda: client.read_flow_run(late.id).state.name == "Late", timeout=60, what="the run to be late")
    lost = client.read_flow_run(vanished.id).state
    assert lost.is_crashed() and "a worker that vanished" in str(lost.message)
    due = [run.expected_start_time for run in client.list_flow_runs(limit=200).items if run.deployment_id == planned.id]
    assert len(due) == len(set(due)) >= 10, due


def forget_plans(client: LocalClient) -> None:
    """As if nobody had planned yet: what is planned when a deployment is saved needs no server."""
    with client._db.write() as connection:
        connection.execute(sa.update(deployment_schedule).values(next_plan=0, planned_until=None))
    for run in client.list_flow_runs(limit=200).items:
        client.delete_flow_run(run.id)
