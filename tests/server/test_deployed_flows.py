"""What a flow does beside its function also works in a worker's process: hooks, and task runners with processes."""

import asyncio
import json

import pytest

from flowtui.engine.states import Cancelling
from tests.server.backends import deploy, ended, in_state, served
from tests.support import until


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "project"


def test_a_cancelled_run_calls_its_on_cancellation_hooks(client, settings, folder, tmp_path):
    mark = tmp_path / "told"
    code = f"""
        import pathlib, time
        def tell(flow, run, state):
            pathlib.Path({str(mark)!r}).write_text(f"{{flow.name}} {{run.name}} {{state.name}}")
        @flow(on_cancellation=[tell])
        def main():
            while True:
                time.sleep(0.01)
        """
    deployment = deploy(client, folder, code)

    async def body():
        async with served(client, settings):
            run = await in_state(client, client.run_deployment(deployment.id), "Running")
            client.set_flow_run_state(run.id, Cancelling())
            return await ended(client, run)

    run = asyncio.run(body())
    assert run.state.name == "Cancelled"
    assert mark.read_text() == f"main {run.name} Cancelled"


def test_tasks_in_processes_find_what_stands_beside_the_file(client, settings, folder):
    """The file is loaded by its path, so that no other process could import it; what it imports, any can."""
    folder.mkdir()
    (folder / "helper_of_this_test.py").write_text("def double(n):\n    return 2 * n\n")
    code = """
        import os
        from flowtui import ProcessPoolTaskRunner
        from helper_of_this_test import double

        class Row:
            def __init__(self, n):
                self.n = n

        @task
        def work(row):
            return Row(double(row.n)), os.getpid()

        @flow(task_runner=ProcessPoolTaskRunner(max_workers=2))
        def main():
            results = work.map([Row(1), Row(2)]).result()
            elsewhere = os.getpid() not in {pid for _, pid in results}
            return [[row.n for row, _ in results], elsewhere, type(results[0][0]) is Row]
        """
    deployment = deploy(client, folder, code)

    async def body():
        async with served(client, settings):
            return await ended(client, client.run_deployment(deployment.id))

    run = asyncio.run(body())
    assert run.state.is_completed(), run.state
    assert json.loads(run.result) == [[2, 4], True, True]


def test_a_run_whose_process_is_told_to_end_calls_its_on_crashed_hooks(client, settings, folder, tmp_path):
    import os
    import signal

    mark = tmp_path / "told"
    code = f"""
        import pathlib, time
        @flow
        def main():
            while True:
                time.sleep(0.01)
        @main.on_crashed
        async def tell(flow, run, state):
            pathlib.Path({str(mark)!r}).write_text(state.message)
        """
    deployment = deploy(client, folder, code)

    async def body():
        async with served(client, settings):
            run = await in_state(client, client.run_deployment(deployment.id), "Running")
            os.kill(int(client.read_flow_run(run.id).infrastructure_pid.rpartition(":")[2]), signal.SIGTERM)
            await until(mark.exists, what="the hook to be called")
            return await ended(client, run)

    run = asyncio.run(body())
    assert run.state.name == "Crashed"
    assert mark.read_text() == "Execution was aborted by a termination signal."
