"""Cancelling runs that a worker carries out: their whole trees end, and their hooks are called whatever it took."""

import asyncio
import contextlib

from flowtui.engine.errors import NotFound
from flowtui.engine.model import TaskRunFilter
from flowtui.engine.states import Cancelling
from flowtui.server.workers.options import WorkerOptions
from tests.server.backends import deploy, ended, gone, in_state, process_of, served
from tests.support import until

HOOKED = """
    import pathlib, signal, time
    def tell(flow, run, state):
        with pathlib.Path({mark!r}).open("a") as file:
            file.write(f"{{flow.name}} {{run.name}} {{state.name}}\\n")
    @flow(on_cancellation=[tell])
    def main(deaf: bool = False):
        if deaf:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path({mark!r} + ".up").touch()
        time.sleep(600)
"""
PARENT = """
    import time
    from flowtui import run_deployment
    @flow
    def inside():
        time.sleep(600)
    @flow
    def parent(as_deployment: bool):
        run_deployment("main/test") if as_deployment else inside()
"""
QUICK = WorkerOptions(slots=4, cancel_grace=0.3)


def lines_of(client, run):
    return [line.message for line in client.read_logs(run.id).lines]


def test_hooks_of_a_killed_run_are_called_in_a_fresh_process_and_once(client, settings, tmp_path):
    mark = tmp_path / "told"
    deployment = deploy(client, tmp_path / "project", HOOKED.format(mark=str(mark)))

    async def body():
        async with served(client, settings, QUICK):
            run = client.run_deployment(deployment.id, parameters={"deaf": True})
            await until((tmp_path / "told.up").exists, 20, "the flow to be deaf")
            process = process_of(client, run)
            client.set_flow_run_state(run.id, Cancelling())
            run = await ended(client, run)
            assert gone(process)
            await until(mark.exists, 20, "the hook to be called")
            return run

    run = asyncio.run(body())
    assert run.state.name == "Cancelled" and "killed by SIGKILL" in run.state.message
    assert mark.read_text() == f"main {run.name} Cancelled\n"
    assert "Hook 'tell' (on_cancellation) has run" in lines_of(client, run)


def test_hooks_of_a_run_that_heeds_are_called_once_by_itself(client, settings, tmp_path):
    mark = tmp_path / "told"
    deployment = deploy(client, tmp_path / "project", HOOKED.format(mark=str(mark)))

    async def body():
        async with served(client, settings):
            run = client.run_deployment(deployment.id)
            await until((tmp_path / "told.up").exists, 20, "the flow to be up")
            client.set_flow_run_state(run.id, Cancelling())
            return await ended(client, run)

    run = asyncio.run(body())
    assert mark.read_text() == f"main {run.name} Cancelled\n"


def test_hooks_that_cannot_be_loaded_or_hang_do_not_hold_the_worker(client, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("flowtui.server.workers.process._HOOK_SECONDS", 0.5)
    code = HOOKED.format(mark=str(tmp_path / "told")).replace("with pathlib", "time.sleep(600)\n        with pathlib")
    deployment = deploy(client, tmp_path / "project", code)

    async def body():
        async with served(client, settings, QUICK) as backend:
            run = client.run_deployment(deployment.id, parameters={"deaf": True})
            await until((tmp_path / "told.up").exists, 20, "the flow to be deaf")
            client.set_flow_run_state(run.id, Cancelling())
            run = await ended(client, run)
            await until(lambda: not backend.report()["worker"]["running"], 20, "the slot to be free")
            return run

    run = asyncio.run(body())
    assert run.state.name == "Cancelled"
    assert "Hooks of the cancelled run are ended after 0.5 s." in lines_of(client, run)


def test_cancelling_a_parent_ends_the_deployment_that_it_waits_for(client, settings, tmp_path):
    """Whichever worker runs that: here the same one, which would do the same for a stranger's."""
    child_code = "import time\n@flow\ndef main():\n    time.sleep(600)"
    deploy(client, tmp_path / "project", child_code)
    parent_deployment = deploy(client, tmp_path / "project", PARENT, name="parent")

    async def body():
        async with served(client, settings):
            parent = client.run_deployment(parent_deployment.id, parameters={"as_deployment": True})
            parent = await in_state(client, parent, "Running")
            child = await child_of(client, parent)
            processes = [process_of(client, run) for run in (parent, child)]
            client.set_flow_run_state(parent.id, Cancelling())
            runs = [await ended(client, run) for run in (parent, child)]
            assert all(gone(process) for process in processes)
            return runs

    assert [run.state.name for run in asyncio.run(body())] == ["Cancelled", "Cancelled"]


def test_cancelling_a_parent_ends_its_subflow_and_cancelling_a_subflow_is_its_parents_business(
    client, settings, tmp_path
):
    deployment = deploy(client, tmp_path / "project", PARENT, name="parent")

    async def body():
        async with served(client, settings):
            runs = []
            for cancel_child in (False, True):
                parent = client.run_deployment(deployment.id, parameters={"as_deployment": False})
                parent = await in_state(client, parent, "Running")
                child = await child_of(client, parent)
                client.set_flow_run_state((child if cancel_child else parent).id, Cancelling())
                runs += [await ended(client, parent), await ended(client, child)]
            return runs

    parent, child, other, cancelled = asyncio.run(body())
    assert (parent.state.name, child.state.name) == ("Cancelled", "Cancelled")
    assert cancelled.state.name == "Cancelled"
    assert other.state.name in ("Failed", "Cancelled") and other.state.name != "Crashed"


async def child_of(client, parent):
    """The run that a task run of the parent stands for, when it is Running."""

    def found():
        tasks = client.list_task_runs(TaskRunFilter(flow_run_id=parent.id)).items
        ids = [task.child_flow_run_id for task in tasks if task.child_flow_run_id]
        with contextlib.suppress(NotFound):  # its task run is written before it
            return client.read_flow_run(ids[0]) if ids else None

    await until(found, 20, "the child to be there")
    return await in_state(client, found(), "Running")
