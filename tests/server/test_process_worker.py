"""What job variables do to a run's process: its folder, its environment, its command, and where its output goes."""

import asyncio
import json
import os
import sys

import pytest

from flowtui.engine.errors import UsageError
from flowtui.engine.states import Cancelling
from flowtui.server.workers.options import WorkerOptions
from tests.server.backends import deploy, ended, in_state, served
from tests.support import until

LOOK = """
    import os
    @flow
    def main():
        names = ("A", "B", "FLOWTUI_FLOW_RUN_ID", "FLOWTUI_FLOW_RUN_NAME", "PREFECT__FLOW_RUN_ID")
        return {name: os.environ.get(name) for name in names} | {"folder": os.getcwd()}
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "project"


def carried_out(client, settings, deployment, options=None, **asked):
    """A run of the deployment, when it has ended."""

    async def body():
        async with served(client, settings, *([options] if options else [])):
            return await ended(client, client.run_deployment(deployment.id, **asked), timeout=40)

    return asyncio.run(body())


def test_a_run_finds_its_environment_and_its_own_ids(client, settings, folder):
    deployment = deploy(client, folder, LOOK, job_variables={"env": {"A": 1, "B": True}, "env.A": "two"})

    run = carried_out(client, settings, deployment)

    found = json.loads(run.result)
    assert (found["A"], found["B"], found["folder"]) == ("two", "true", str(folder))
    assert found["FLOWTUI_FLOW_RUN_ID"] == found["PREFECT__FLOW_RUN_ID"] == run.id
    assert found["FLOWTUI_FLOW_RUN_NAME"] == run.name


def test_its_process_is_where_the_working_dir_says(client, settings, folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    deployment = deploy(client, folder, LOOK, job_variables={"working_dir": str(elsewhere)})

    assert json.loads(carried_out(client, settings, deployment).result)["folder"] == str(elsewhere)


def test_a_working_dir_that_does_not_exist_is_named(client, settings, folder, tmp_path):
    deployment = deploy(client, folder, LOOK, job_variables={"working_dir": str(tmp_path / "nowhere")})

    run = carried_out(client, settings, deployment)

    assert run.state.name == "Crashed"
    assert f"Its working_dir {tmp_path / 'nowhere'} does not exist on this machine" in run.state.message


@pytest.mark.parametrize("command", ["flowtui flow-run execute", f"{sys.executable} -m flowtui flow-run execute"])
def test_a_command_carries_the_run_out_in_the_place_of_the_warm_process(client, settings, folder, command):
    code = LOOK.replace("return {", "print('printed by the flow'); return {'argv': __import__('sys').argv[1:]} | {")
    deployment = deploy(client, folder, code, job_variables={"command": command, "env": {"A": "1"}})

    run = carried_out(client, settings, deployment)

    assert run.state.is_completed(), run.state
    found = json.loads(run.result)
    assert found["argv"] == ["flow-run", "execute"]
    assert (found["A"], found["folder"]) == ("1", str(folder))
    lines = [line.message for line in client.read_logs(run.id).lines]
    assert lines.count("printed by the flow") == 1
    assert sum("Beginning flow run" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("sh -c 'echo why >&2; exit 3'", "ended with exit code 3. Its last words: why"),
        ("no-such-program --now", "exit code 127: what it was to run was not found."),
        ("true", "exit code 0: it ended before it could say how the run went"),
    ],
)
def test_a_command_that_carries_nothing_out_is_explained(client, settings, folder, command, words):
    run = carried_out(client, settings, deploy(client, folder, LOOK, job_variables={"command": command}))

    assert run.state.name == "Crashed"
    assert words in run.state.message


def test_a_cancelled_command_is_ended_with_all_that_it_started(client, settings, folder):
    code = "import time\n@flow\ndef main():\n    time.sleep(600)"
    deployment = deploy(client, folder, code, job_variables={"command": "sh -c 'flowtui flow-run execute; true'"})

    async def body():
        async with served(client, settings):
            run = await in_state(client, client.run_deployment(deployment.id), "Running", timeout=40)
            client.set_flow_run_state(run.id, Cancelling())
            return await ended(client, run)

    run = asyncio.run(body())
    assert run.state.name == "Cancelled"
    assert run.state.message.startswith("Cancelled. All 2 of its processes ended after SIGTERM")


def test_job_variables_that_do_not_fit_are_refused_before_anything_is_created(client, folder):
    deployment = deploy(client, folder, LOOK)
    with pytest.raises(UsageError, match=r"comand is not known; did you mean command\?"):
        deploy(client, folder, LOOK, name="other", job_variables={"comand": "x"})
    assert [known.full_name for known in client.list_deployments().items] == [deployment.full_name]


def test_a_template_that_does_not_fit_any_more_crashes_the_run_with_the_reason(client, settings, folder):
    deployment = deploy(client, folder, LOOK, job_variables={"env": {"TEAM": "{{ flowtui.variables.team }}"}})

    run = carried_out(client, settings, deployment)

    assert run.state.name == "Crashed"
    assert "{{ flowtui.variables.team }} names a variable that does not exist" in run.state.message


def test_the_worker_that_carried_it_out_is_noted(client, settings, folder):
    deployment = deploy(client, folder, "@flow\ndef main(): ...")

    run = carried_out(client, settings, deployment, WorkerOptions(name="the-one"))

    assert run.worker_name == "the-one"


def test_a_backend_is_a_worker_of_the_pool_local(client, settings):
    async def body():
        async with served(client, settings):
            (worker,) = client.list_workers("local")
            assert worker.name == f"backend-{worker.host}-{os.getpid()}"
            assert (worker.online, worker.type) == (True, "process")
            assert client.read_work_pool("local").status == "READY"
        await until(lambda: client.read_work_pool("local").status == "NOT_READY")

    asyncio.run(body())


def test_several_backends_are_several_workers(client, settings):
    async def body():
        other = WorkerOptions(name="another")
        async with served(client, settings), served(client, settings, other):
            assert {worker.name for worker in client.list_workers("local") if worker.online} >= {"another"}
            assert client.read_work_pool("local").workers == 2

    asyncio.run(body())
