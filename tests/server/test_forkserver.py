"""Jobs run in children of a warm process; how they end is always known."""

import asyncio
import os
import signal
import textwrap

import psutil
import pytest

from flowtui.server.workers.forkserver import ForkServer
from flowtui.server.workers.jobs import Job, LaunchError
from tests.support import until, wait_until

CODE = """
import json, os, signal, sys, time

def succeed():
    return 0

def answer(number):
    print("an answer")
    print("a complaint", file=sys.stderr)
    return number

def describe(path):
    said = {
        "cwd": os.getcwd(), "path": sys.path[0], "pid": os.getpid(), "session": os.getsid(0),
        "greeting": os.environ["GREETING"],
        "stdin": sys.stdin.read(), "tty": os.isatty(1), "term": str(signal.getsignal(signal.SIGTERM)),
        "warm": "sqlalchemy" in sys.modules, "threads": len(os.listdir("/proc/self/task")),
    }
    with open(path, "w") as file:
        json.dump(said, file)
    return 0

def hang(path, deaf=False):
    if deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.mkfifo(path + ".ready")
    time.sleep(600)

def raise_it():
    raise RuntimeError("what a pity")

def leave():
    os._exit(7)

def identity():
    import random, uuid_utils
    print(uuid_utils.uuid7(), uuid_utils.uuid4(), random.random(), os.urandom(4).hex())
    return 0
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "jobs_here.py").write_text(textwrap.dedent(CODE))
    return tmp_path


def job(folder, function, *arguments, mark="job-1"):
    return Job(
        target=f"jobs_here:{function}", arguments=arguments, mark=mark, cwd=str(folder), env={"GREETING": "moin"}
    )


async def finish(child):
    """Return code and everything written."""
    out, err = await asyncio.gather(child.stdout.read(), child.stderr.read())
    return await child.ended, out.decode(), err.decode()


def with_server(body):
    """Run the coroutine function `body` with an open fork server."""

    async def run():
        async with ForkServer().open() as server:
            return await body(server)

    return asyncio.run(run())


def test_exit_code_and_both_streams_come_back(folder):
    async def body(server):
        return await finish(await server.start(job(folder, "answer", 5)))

    assert with_server(body) == (5, "an answer\n", "a complaint\n")


def test_a_child_finds_a_home_of_its_own(folder):
    """Folder, import path, environment, session and signals are its own; its imports are done; there is no terminal."""

    async def body(server):
        child = await server.start(job(folder, "describe", str(folder / "said.json")))
        pid = await child.started
        assert (await finish(child))[0] == 0
        return pid

    pid = with_server(body)
    import json

    said = json.loads((folder / "said.json").read_text())
    assert said == {
        "cwd": str(folder),
        "path": str(folder),
        "pid": pid,
        "session": pid,
        "greeting": "moin",
        "stdin": "",
        "tty": False,
        "term": str(signal.SIG_DFL),
        "warm": True,
        "threads": 1,
    }


def test_an_exception_is_told_on_the_error_stream(folder):
    async def body(server):
        return await finish(await server.start(job(folder, "raise_it")))

    returncode, _, err = with_server(body)
    assert returncode == 1
    assert err.rstrip().endswith("RuntimeError: what a pity")


def test_leaving_without_a_word_is_noticed(folder):
    async def body(server):
        return (await finish(await server.start(job(folder, "leave"))))[0]

    assert with_server(body) == 7


def test_children_that_are_forked_together_share_no_chance(folder):
    """Identifiers and random numbers of siblings differ, although they start from the same memory."""

    async def body(server):
        children = [await server.start(job(folder, "identity")) for _ in range(8)]
        return [(await finish(child))[1].split() for child in children]

    said = with_server(body)
    for column in zip(*said, strict=True):
        assert len(set(column)) == 8


def test_many_at_once_all_come_back_with_their_own_code(folder):
    async def body(server):
        children = [await server.start(job(folder, "answer", number, mark=f"job-{number}")) for number in range(40)]
        return [(await finish(child))[0] for child in children]

    assert with_server(body) == list(range(40))


def test_a_killed_child_is_known_at_once(folder):
    async def body(server):
        child = await server.start(job(folder, "hang", str(folder / "a")))
        pid = await child.started
        await until((folder / "a.ready").exists, what="the child to be up")
        os.kill(pid, signal.SIGKILL)
        return await asyncio.wait_for(child.ended, 5)

    assert with_server(body) == -9


def test_leaving_the_block_ends_the_zygote_and_its_children(folder):
    async def body(server):
        child = await server.start(job(folder, "hang", str(folder / "a")))
        await until((folder / "a.ready").exists, what="the child to be up")
        return psutil.Process(await child.started), psutil.Process(server.pid)

    for process in with_server(body):
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_zygote_that_is_killed_takes_its_children_along_and_is_replaced(folder):
    async def body(server):
        child = await server.start(job(folder, "hang", str(folder / "a")))
        pid, zygote = psutil.Process(await child.started), server.pid
        await until((folder / "a.ready").exists, what="the child to be up")
        os.kill(zygote, signal.SIGKILL)
        assert await asyncio.wait_for(child.ended, 10) is None
        await until(lambda: not pid.is_running() or pid.status() == psutil.STATUS_ZOMBIE, what="the child to end")
        again = await server.start(job(folder, "answer", 3))
        assert server.pid != zygote
        return (await finish(again))[0]

    assert with_server(body) == 3


def test_a_job_that_the_zygote_never_began_says_so(folder):
    """The zygote is stopped, so that the job waits in its socket, and then killed."""

    async def body(server):
        await server.ready.wait()
        os.kill(server.pid, signal.SIGSTOP)
        child = await server.start(job(folder, "succeed"))
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(LaunchError, match="ended before it could start this one"):
            await child.started
        assert await child.ended is None

    with_server(body)


STARTER = """
import asyncio, sys
from flowtui.server.workers.forkserver import ForkServer
from flowtui.server.workers.jobs import Job

async def main(folder):
    async with ForkServer().open() as server:
        job = Job(target="jobs_here:hang", arguments=(folder + "/a", False), mark="m", cwd=folder, env={"GREETING": ""})
        child = await server.start(job)
        print(await child.started, server.pid, flush=True)
        await child.ended

asyncio.run(main(sys.argv[1]))
"""


def test_a_worker_that_is_killed_takes_zygote_and_children_along(folder):
    import subprocess
    import sys

    with subprocess.Popen([sys.executable, "-c", STARTER, str(folder)], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        family = [psutil.Process(int(pid)) for pid in worker.stdout.readline().split()]
        wait_until((folder / "a.ready").exists, what="the child to be up")
        worker.kill()
    wait_until(
        lambda: not any(member.is_running() and member.status() != psutil.STATUS_ZOMBIE for member in family),
        what="zygote and child to end",
    )


def test_a_zygote_that_cannot_start_is_no_reason_to_wait_for_ever(folder, caplog):
    async def run():
        broken = ForkServer({**os.environ, "PYTHONHOME": str(folder / "nowhere")})
        async with broken.open():
            with pytest.raises(LaunchError, match=r"ended before it could start|reached: it has just ended"):
                await (await broken.start(job(folder, "succeed"))).started  # which of the two notices is a race
            await until(lambda: "ended at once" in caplog.text, 30, what="the log to tell it")
            assert "No module named 'encodings'" in caplog.text, "its own words are in the log too"

    asyncio.run(run())
