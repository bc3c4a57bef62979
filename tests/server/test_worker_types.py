"""Workers that others bring: a package with an entry point, whose class carries runs out in its own way."""

import asyncio
import os
import sys
import textwrap

import pytest

from flowtui.engine.errors import UsageError, WorkPoolError
from flowtui.engine.states import Cancelling
from flowtui.server.workers.types import default_template, register_worker, worker_class, worker_types
from flowtui.workers import BaseWorker, FlowRunJob, JobResult
from tests.server.backends import deploy, gone, has_ended, is_now, process_of, worker_process
from tests.support import clean_environment, run_flowtui, wait_until

PACKAGE = '''
"""Runs flows through `nice`, as a package of somebody else would."""

import asyncio
import os

from flowtui.workers import BaseWorker, FlowRunJob, JobResult, LaunchError


class NiceWorker(BaseWorker):
    type = "nice"
    description = "Runs flows with a low priority."
    base_job_template = {
        "job_configuration": {"niceness": "{{ niceness }}", "env": "{{ env }}", "command": "{{ command }}"},
        "variables": {
            "type": "object",
            "properties": {
                "niceness": {"type": "integer", "minimum": 0, "maximum": 19},
                "env": {"type": "object", "default": {}},
                "command": {"type": ["string", "null"], "default": None},
            },
            "required": ["niceness"],
        },
    }

    async def run(self, job: FlowRunJob) -> JobResult:
        if job.configuration["niceness"] == 13:
            raise LaunchError("Thirteen brings bad luck.")
        process = await asyncio.create_subprocess_exec(
            "nice", "-n", str(job.configuration["niceness"]), *job.command,
            env={**os.environ, **job.environment, "LABEL": job.labels["flowtui.io/flow-run-name"]},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async for line in process.stdout:
                await self.log_output(job, [line.decode().rstrip()])
            return JobResult(status_code=await process.wait(), identifier=str(process.pid))
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
'''
LOOK = """
    import os, time
    @flow
    def main(seconds: float = 0):
        print("printed")
        time.sleep(seconds)
        return [os.nice(0), os.environ["LABEL"]]
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on PYTHONPATH in which the package is installed, and the environment that finds it."""
    site = tmp_path / "site"
    info = site / "nice_worker-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "nice_worker.py").write_text(textwrap.dedent(PACKAGE))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nice-worker\nVersion: 1.0\n")
    entries = ["nice = nice_worker:NiceWorker", "broken = nice_worker:Missing", "wrong = nice_worker:asyncio"]
    (info / "entry_points.txt").write_text("[flowtui.workers]\n" + "\n".join(entries) + "\n")
    monkeypatch.syspath_prepend(str(site))
    yield site
    sys.modules.pop("nice_worker", None)


@pytest.fixture
def env(site):
    from pathlib import Path

    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return clean_environment(PYTHONPATH=f"{site}", PATH=path)


def messages(client, run):
    return [line.message for line in client.read_logs(run.id).lines]


def test_a_package_brings_a_type_and_its_worker_carries_runs_out(client, env, tmp_path):
    with worker_process("--pool", "slow", "--type", "nice", "--create-pool-if-not-found", env=env) as worker:
        pool = client.read_work_pool("slow")
        assert pool.type == "nice"
        assert pool.base_job_template["variables"]["required"] == ["niceness"]
        with pytest.raises(UsageError, match="niceness must be at most 19, not 20"):
            deploy(client, tmp_path / "flows", LOOK, work_pool_name="slow", job_variables={"niceness": 20})
        chosen = {"work_pool_name": "slow", "job_variables": {"niceness": 7}}
        deployment = deploy(client, tmp_path / "flows", LOOK, **chosen)

        run = has_ended(client, client.run_deployment(deployment.id))

        assert run.state.is_completed(), (run.state, worker.said)
        niceness = min(os.nice(0) + 7, 19)  # the tests themselves may run under one
        assert run.result == f'[{niceness},"{run.name}"]'
        wait_until(lambda: "printed" in messages(client, run), what="what it printed to be in its log")
        assert sum("Beginning flow run" in message for message in messages(client, run)) == 1

        run = client.run_deployment(deployment.id, parameters={"seconds": 600})
        wait_until(lambda: is_now(client, run, "Running"), 30.0, "the run to run")
        process = process_of(client, run)
        client.set_flow_run_state(run.id, Cancelling())
        ended = has_ended(client, run)
        assert (ended.state.name, ended.state.message) == ("Cancelled", "Cancelled. It ended when it was asked to.")
        assert gone(process)

        unlucky = deploy(client, tmp_path / "flows", LOOK, work_pool_name="slow", job_variables={"niceness": 13})
        ended = has_ended(client, client.run_deployment(unlucky.id))
        assert (ended.state.name, ended.state.message) == ("Crashed", "Thirteen brings bad luck.")


def test_a_run_of_a_required_variable_that_nobody_gives_is_refused_when_it_is_created(client, site, tmp_path):
    client.create_work_pool("slow", type="nice", base_job_template=default_template("nice"))
    deployment = deploy(client, tmp_path / "flows", LOOK, work_pool_name="slow")
    with pytest.raises(UsageError, match="The job variables do not fit work pool 'slow': niceness is missing"):
        client.run_deployment(deployment.id)
    assert client.list_flow_runs().items == ()


def test_the_types_are_those_of_flowtui_of_packages_and_registered_ones(site, monkeypatch):
    monkeypatch.setattr("flowtui.server.workers.types._registered", {})

    @register_worker
    class Mine(BaseWorker):
        type = "mine"

        async def run(self, job: FlowRunJob) -> JobResult:
            return JobResult(status_code=0)

    assert worker_types() == ("broken", "mine", "nice", "process", "wrong")
    assert worker_class("mine") is Mine
    assert set(default_template("mine")["variables"]["properties"]) == {"name", "env", "labels", "command"}
    assert set(default_template("process")["variables"]["properties"]) >= {"working_dir", "stream_output"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nicer", r"There is no worker type 'nicer'. Did you mean nice\?"),
        ("broken", "cannot be loaded: module 'nice_worker' has no attribute 'Missing'"),
        ("wrong", "is no worker: it has to be a subclass of flowtui.workers.BaseWorker"),
    ],
)
def test_a_type_that_cannot_be_had_is_explained(site, name, words):
    with pytest.raises(UsageError, match=words):
        worker_class(name)
    assert issubclass(WorkPoolError, UsageError)


def test_a_class_without_a_type_or_without_a_run_is_refused():
    class Nameless(BaseWorker): ...

    class Idle(BaseWorker):
        type = "idle"

    with pytest.raises(UsageError, match="a name of its own"):
        register_worker(Nameless)
    with pytest.raises(UsageError, match="does not say how it carries out a job"):
        register_worker(Idle)


def test_a_worker_whose_package_is_not_installed_here_is_explained(client):
    client.create_work_pool("slow", type="nice", base_job_template={"job_configuration": {}, "variables": {}})
    done = run_flowtui("worker", "start", "--pool", "slow")
    assert done.returncode == 2
    assert "There is no worker type 'nice'." in done.stderr


def test_an_error_of_the_worker_itself_ends_in_words(client, settings, tmp_path, monkeypatch):
    from flowtui.server.workers.options import WorkerOptions
    from flowtui.server.workers.process_of_its_own import WorkerProcess

    class Clumsy(BaseWorker):
        type = "process"

        async def run(self, job: FlowRunJob) -> JobResult:
            raise RuntimeError("it fell")

    run = client.run_deployment(deploy(client, tmp_path / "flows", LOOK).id)
    worker = WorkerProcess(client, settings, WorkerOptions(run_once=True), carrier=Clumsy)
    assert asyncio.run(worker.run()) == 1
    state = client.read_flow_run(run.id).state
    assert (state.name, state.message) == ("Crashed", "Its worker could not go on: RuntimeError: it fell")
