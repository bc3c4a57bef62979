"""F10: a cancel, a pause or a suspension may come at any moment of a run's life; it has one end."""

import asyncio
import contextlib
import random

import psutil

from flowtui.engine.errors import UsageError
from flowtui.engine.states import Cancelling, Paused, Suspended
from flowtui.server.workers.options import WorkerOptions
from tests.server.backends import QUICK, deploy, ended, gone, served
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


def test_a_pause_or_a_suspension_at_any_moment_is_left_by_a_resume(client, settings, tmp_path):
    deployment = deploy(client, tmp_path / "project", CODE)
    moments = random.Random(4201)

    async def held_up_after(seconds, state):
        run = client.run_deployment(deployment.id)
        await asyncio.sleep(seconds)  # the moment is what is tested
        statuses = []

        def held_up_or_over():
            statuses.append(client.set_flow_run_state(run.id, state).status)
            return statuses[-1] == "ACCEPT" or client.read_flow_run(run.id).state.is_final()

        await until(held_up_or_over, 30, "the run to be held up, or to have ended before")
        with contextlib.suppress(UsageError):  # its code had returned already, so there was nothing left to hold up
            await until(lambda: client.resume_flow_run(run.id).status == "ACCEPT", 20, "the run to be resumed")
        return statuses[-1], await ended(client, run)

    async def body():
        async with served(client, settings, QUICK) as backend:
            await until(lambda: backend.report()["worker"]["warm"], what="the zygote to be warm")
            held_up = []
            for _ in range(4):
                states = (Paused(timeout_seconds=60), Suspended(timeout_seconds=60))
                both = (held_up_after(moments.uniform(0.0, 0.5), state) for state in states)
                held_up += await asyncio.gather(*both)
            return held_up

    held_up = asyncio.run(body())
    for _, run in held_up:
        names = [state.name for state in client.flow_run_states(run.id)]
        assert names[-1] == "Completed" and names.count("Completed") == 1, names
    assert "ACCEPT" in {status for status, _ in held_up}
