"""The worker on a real store: due runs are carried out in processes of their own, and every end is accounted for."""

import asyncio
import os
from datetime import timedelta

import psutil
import pytest

from flowtui.engine.clock import utc_now
from flowtui.engine.model import NewFlowRun
from flowtui.engine.query import Query
from flowtui.engine.states import Cancelling, Scheduled
from flowtui.server.workers.options import WorkerOptions
from tests.server.backends import deploy, ended, gone, in_state, served
from tests.support import until


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "project"


def lines_of(client, run):
    return [(line.logger, line.message) for line in client.read_logs(run.id).lines]


def test_a_due_run_is_carried_out_in_a_process_of_its_own_and_in_its_folder(client, settings, folder):
    deployment = deploy(client, folder, "import os\n@flow\ndef main(n: int):\n    return [os.getpid(), os.getcwd(), n]")

    async def body():
        async with served(client, settings):
            return await ended(client, client.run_deployment(deployment.id, parameters={"n": 7}))

    run = asyncio.run(body())
    assert run.state.is_completed(), run.state
    import json

    pid, cwd, n = json.loads(run.result)
    assert (cwd, n) == (str(folder), 7)
    assert pid != os.getpid() and run.infrastructure_pid.endswith(f":{pid}")
    assert [state.name for state in client.flow_run_states(run.id)] == ["Scheduled", "Pending", "Running", "Completed"]
    assert run.owner is None and run.lease_until is None


def test_what_it_prints_is_kept_in_its_log_also_from_programs_that_it_calls(client, settings, folder):
    code = """
        import os, sys
        @flow
        def main():
            print("on stdout")
            print("on stderr", file=sys.stderr)
            os.system("echo from a shell; printf 'no line break'")
        """
    deployment = deploy(client, folder, code)

    async def body():
        async with served(client, settings):
            run = await ended(client, client.run_deployment(deployment.id))
            wanted = {
                ("stdout", "on stdout"),
                ("stderr", "on stderr"),
                ("stdout", "from a shell"),
                ("stdout", "no line break"),
            }
            await until(lambda: wanted <= set(lines_of(client, run)), what="the output to be in the log")

    asyncio.run(body())


def test_log_lines_are_not_repeated_as_output(client, settings, folder):
    code = """
        from flowtui import get_run_logger
        @flow
        def main():
            get_run_logger().info("only once")
            print("the end")
        """
    deployment = deploy(client, folder, code)

    async def body():
        async with served(client, settings):
            run = await ended(client, client.run_deployment(deployment.id))
            await until(lambda: ("stdout", "the end") in lines_of(client, run))
            return [message for _, message in lines_of(client, run)]

    assert sum("only once" in message for message in asyncio.run(body())) == 1


def test_a_flow_that_fails_fails_with_its_own_message(client, settings, folder):
    deployment = deploy(client, folder, "@flow\ndef main():\n    raise ValueError('no such table')")

    async def body():
        async with served(client, settings):
            return await ended(client, client.run_deployment(deployment.id))

    run = asyncio.run(body())
    assert run.state.name == "Failed" and "no such table" in run.state.message


@pytest.mark.parametrize(
    ("last_act", "words"),
    [
        ("os._exit(0)", "ended with exit code 0: it ended before it could say how the run went"),
        ("os._exit(3)", "ended with exit code 3."),
        ("os.kill(os.getpid(), 9)", "ended by SIGKILL: the system may have run out of memory"),
        ("os.kill(os.getpid(), 11)", "ended by SIGSEGV: it touched memory that is not its own"),
    ],
)
def test_a_process_that_ends_without_a_word_leaves_a_crashed_run_with_the_reason(
    client, settings, folder, last_act, words
):
    code = f"import os, sys\n@flow\ndef main():\n    print('famous last words', file=sys.stderr)\n    {last_act}"
    deployment = deploy(client, folder, code)

    async def body():
        async with served(client, settings):
            return await ended(client, client.run_deployment(deployment.id))

    run = asyncio.run(body())
    assert run.state.name == "Crashed"
    assert words in run.state.message
    assert run.state.message.endswith("Its last words: famous last words")


def test_what_a_crashed_process_had_started_is_ended_too(client, settings, folder):
    code = f"""
        import os, pathlib, subprocess, sys
        @flow
        def main():
            helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
            pathlib.Path({str(folder / "helper")!r}).write_text(str(helper.pid))
            os._exit(1)
        """
    deployment = deploy(client, folder, code)

    async def body():
        async with served(client, settings):
            await ended(client, client.run_deployment(deployment.id))
            helper = int((folder / "helper").read_text())
            await until(lambda: not psutil.pid_exists(helper), what="the helper to end")

    asyncio.run(body())


def test_a_folder_that_does_not_exist_is_named(client, settings, folder):
    deployment = deploy(client, folder, "@flow\ndef main(): ...")
    (folder / "main_file.py").unlink()
    for child in folder.iterdir():
        child.rmdir()
    folder.rmdir()

    async def body():
        async with served(client, settings):
            return await ended(client, client.run_deployment(deployment.id))

    run = asyncio.run(body())
    assert run.state.name == "Crashed"
    assert f"The folder {folder} of deployment main/test does not exist on this machine" in run.state.message


def test_an_entrypoint_that_does_not_exist_fails_in_words(client, settings, folder):
    deployment = deploy(client, folder, "@flow\ndef other(): ...")

    async def body():
        async with served(client, settings):
            return await ended(client, client.run_deployment(deployment.id))

    run = asyncio.run(body())
    assert run.state.name == "Failed" and "main" in run.state.message


def test_a_run_without_a_deployment_fails_in_words(client, settings):
    async def body():
        async with served(client, settings):
            new = NewFlowRun(flow_name="orphan", name="o", state=Scheduled(), work_pool_name="local")
            return await ended(client, client.create_flow_run(new))

    run = asyncio.run(body())
    assert run.state.name == "Failed" and "no deployment" in run.state.message


def test_runs_of_other_pools_are_left_alone(client, settings, folder):
    client.create_work_pool("moon")
    elsewhere = deploy(client, folder, "@flow\ndef far(): ...", name="far", work_pool_name="moon")
    here = deploy(client, folder, "@flow\ndef near(): ...", name="near")

    async def body():
        async with served(client, settings):
            far = client.run_deployment(elsewhere.id)
            await ended(client, client.run_deployment(here.id))
            return client.read_flow_run(far.id)

    assert asyncio.run(body()).state.is_scheduled()


def test_a_run_waits_for_its_time(client, settings, folder):
    deployment = deploy(client, folder, "@flow\ndef main(): ...")

    async def body():
        async with served(client, settings) as backend:
            await until(lambda: backend.report()["worker"]["warm"], what="the zygote to be warm")
            due = utc_now() + timedelta(seconds=1.5)
            run = await ended(client, client.run_deployment(deployment.id, scheduled_time=due))
            assert run.start_time >= due
            assert run.start_time - due < timedelta(seconds=2)

    asyncio.run(body())


def test_runs_are_taken_at_their_instants_and_none_before(client, settings, folder):
    """However many pools there are: how much later is measured by `benchmarks/triggering.py`."""
    deployment = deploy(client, folder, "@flow\ndef main(): ...")
    client.create_work_pool("crew")
    elsewhere = deploy(client, folder, "@flow\ndef other(): ...", name="other", work_pool_name="crew")

    async def body():
        async with served(client, settings, WorkerOptions(slots=20)) as backend:
            await until(lambda: backend.report()["worker"]["warm"], what="the zygote to be warm")
            first = utc_now() + timedelta(seconds=0.5)
            due = [first + timedelta(milliseconds=130 * number) for number in range(10)]
            client.run_deployment(elsewhere.id, scheduled_time=first - timedelta(minutes=1))
            runs = [client.run_deployment(deployment.id, scheduled_time=moment) for moment in due]
            return [(await ended(client, run)).id for run in runs], due

    ids, due = asyncio.run(body())
    taken = [client.flow_run_states(run_id)[1] for run_id in ids]
    assert {state.name for state in taken} == {"Pending"}
    late = [(state.timestamp - moment).total_seconds() for state, moment in zip(taken, due, strict=True)]
    assert min(late) >= 0
    assert sorted(late)[5] < 2.5  # half of what the longest pause between two looks alone would take


def test_never_more_than_the_slots_run_at_once_and_a_freed_slot_is_used(client, settings, folder):
    """Each run counts who is running while it is; the store's own record must agree."""
    deployment = deploy(client, folder, "import time\n@flow\ndef main():\n    time.sleep(0.15)")

    async def body():
        async with served(client, settings, WorkerOptions(slots=2)) as backend:
            runs = [client.run_deployment(deployment.id) for _ in range(6)]
            ids = tuple(run.id for run in runs)
            most = 0
            while not all(client.read_flow_run(run_id).state.is_final() for run_id in ids):
                most = max(most, len(backend.report()["worker"]["running"]))
                await asyncio.sleep(0.005)
            return most, client.list_flow_runs(Query.of(ids=ids)).items

    most, runs = asyncio.run(body())
    assert most == 2
    assert all(run.state.is_completed() for run in runs)
    moments = [(run.start_time, 1) for run in runs] + [(run.end_time, -1) for run in runs]
    running = 0
    for _, step in sorted(moments):
        running += step
        assert running <= 2


TREE = """
    import os, pathlib, signal, subprocess, sys, time
    DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    @flow
    def main(folder: str):
        helpers = [
            subprocess.Popen([sys.executable, "-c", DEAF], start_new_session=new, stdout=subprocess.PIPE)
            for new in (False, True)
        ]
        for helper in helpers:
            helper.stdout.readline()
        family = [os.getpid(), *(helper.pid for helper in helpers)]
        pathlib.Path(folder, "family.part").write_text(" ".join(map(str, family)))
        os.rename(pathlib.Path(folder, "family.part"), pathlib.Path(folder, "family"))
        time.sleep(600)
"""


async def family_of(folder):
    """The processes of a run of `TREE`, once all are up."""
    await until((folder / "family").exists, what="the tree to be up")
    return [psutil.Process(int(pid)) for pid in (folder / "family").read_text().split()]


def test_cancelling_ends_the_whole_tree_also_grandchildren_that_ignore_sigterm(client, settings, folder):
    deployment = deploy(client, folder, TREE)

    async def body():
        async with served(client, settings, WorkerOptions(cancel_grace=0.5)):
            run = client.run_deployment(deployment.id, parameters={"folder": str(folder)})
            family = await family_of(folder)
            client.set_flow_run_state(run.id, Cancelling(message="Enough."))
            run = await ended(client, run)
            assert all(gone(process) for process in family)
            return run

    run = asyncio.run(body())
    assert run.state.name == "Cancelled"
    assert run.state.message.startswith("Cancelled. 2 of its 3 processes did not end after SIGTERM and were killed")
    assert [state.name for state in client.flow_run_states(run.id)][-2:] == ["Cancelling", "Cancelled"]


def test_a_flow_that_obeys_is_cancelled_without_force(client, settings, folder):
    deployment = deploy(client, folder, "import time\n@flow\ndef main():\n    time.sleep(600)")

    async def body():
        async with served(client, settings):
            run = await in_state(client, client.run_deployment(deployment.id), "Running")
            client.set_flow_run_state(run.id, Cancelling())
            return await ended(client, run)

    run = asyncio.run(body())
    assert run.state.name == "Cancelled"
    assert run.state.message.startswith("Cancelled. Its process ended after SIGTERM, within ")


def test_a_run_that_is_cancelled_before_it_starts_never_starts(client, settings, folder):
    deployment = deploy(client, folder, f"@flow\ndef main():\n    open({str(folder / 'started')!r}, 'w')")

    async def body():
        run = client.run_deployment(deployment.id)
        client.set_flow_run_state(run.id, Cancelling())
        async with served(client, settings):
            marker = await ended(client, client.run_deployment(deployment.id))
            assert marker.state.is_completed()
        return client.read_flow_run(run.id)

    run = asyncio.run(body())
    assert run.state.name == "Cancelled" and run.run_count == 0


def test_stopping_the_backend_ends_its_runs_and_says_why(client, settings, folder):
    deployment = deploy(client, folder, "import time\n@flow\ndef main():\n    time.sleep(600)")

    async def body():
        async with served(client, settings) as backend:
            run = await in_state(client, client.run_deployment(deployment.id), "Running")
            backend.stop()
        return client.read_flow_run(run.id)

    run = asyncio.run(body())
    assert run.state.name == "Crashed" and run.state.message
    assert client.list_backends() == ()


def test_a_second_stop_ends_a_deaf_flow_at_once(client, settings, folder):
    deployment = deploy(client, folder, TREE)

    async def body():
        async with served(client, settings, WorkerOptions(stop_grace=3600)) as backend:
            run = client.run_deployment(deployment.id, parameters={"folder": str(folder)})
            family = await family_of(folder)
            backend.stop()
            await until(lambda: gone(family[0]), what="the flow itself to obey")
            backend.stop()
        assert all(gone(process) for process in family)
        return client.read_flow_run(run.id)

    assert asyncio.run(body()).state.name == "Crashed"


def test_a_backend_that_leaves_first_finishes_what_is_due_and_is_no_longer_listed(client, settings, folder):
    deployment = deploy(client, folder, "import time\n@flow\ndef main():\n    time.sleep(0.3)")

    async def body():
        async with served(client, settings, WorkerOptions(slots=1)) as backend:
            runs = [client.run_deployment(deployment.id) for _ in range(3)]
            await in_state(client, runs[0], "Running", "Completed")
            backend.leave()
            await until(lambda: client.list_backends() == (), what="the backend to be gone from the list")
            return [(await ended(client, run)).state.name for run in runs]

    assert asyncio.run(body()) == ["Completed"] * 3
