"""F10: a cancel may come at any moment of a run's life; it has one end, and no process is left."""

import asyncio
import random

import psutil

from flowtui.engine.states import Cancelling
from flowtui.server.workers.options import WorkerOptions
from tests.server.backends import deploy, ended, gone, served
from tests.support import until

CODE = """
    import time
    @task
    def step():
        time.sleep(0.01)
    @flow
    def main():
        for _ in range(8):
            step()
"""


def test_a_cancel_at_any_moment_leads_to_one_end(client, settings, tmp_path):
    deployment = deploy(client, tmp_path / "project", CODE)
    moments = random.Random(4200)

    async def cancelled_after(seconds):
        run = client.run_deployment(deployment.id)
        await asyncio.sleep(seconds)  # the moment of the cancel is what is tested
        client.set_flow_run_state(run.id, Cancelling())
        return await ended(client, run)

    async def body():
        async with served(client, settings, WorkerOptions(slots=4, cancel_grace=5.0)) as backend:
            await until(lambda: backend.report()["worker"]["warm"], what="the zygote to be warm")
            runs = []
            for _ in range(8):
                runs += await asyncio.gather(*(cancelled_after(moments.uniform(0.0, 0.5)) for _ in range(3)))
            children = [
                psutil.Process(child.pid)
                for child in psutil.Process(backend.report()["worker"]["zygote_pid"]).children()
            ]
            return runs, children

    runs, children = asyncio.run(body())
    assert len(runs) == 24
    for run in runs:
        history = client.flow_run_states(run.id)
        names = [state.name for state in history]
        assert [state.name for state in history if state.is_final()] == [run.state.name], names
        assert run.state.name in ("Cancelled", "Completed"), (names, run.state.message)
    assert {run.state.name for run in runs} >= {"Cancelled"}
    assert all(gone(child) for child in children)
