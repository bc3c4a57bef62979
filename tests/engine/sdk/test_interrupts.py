"""Interrupted scripts: the run says what happened, nothing stays open, and the process ends as the signal means it."""

import signal
from pathlib import Path

import pytest

from flowtui import flow
from flowtui.engine.client.local import LocalClient
from tests.engine.sdk.asking import only_run, runs_of, tasks_of
from tests.engine.sdk.scripts import started, when_running
from tests.support import wait_until

SCRIPT = """
import asyncio, sys, time
from flowtui import flow, task

def stay():
    print("inside", flush=True)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        time.sleep(0.01)

async def astay():
    print("inside", flush=True)
    await asyncio.sleep(30)

@task
def work():
    stay()

@task
async def awork():
    await astay()

@task(retries=1, retry_delay_seconds=30)
def flaky():
    print("inside", flush=True)
    raise ValueError

@flow
def sync():
    stay()

@flow
def called():
    work()

@flow
def submitted():
    work.submit().result()

@flow
def waiting():
    flaky()

@flow
def careless():
    while True:
        try:
            stay()
        except Exception:
            pass

@flow
def inner():
    work()

@flow
def subflow():
    inner()

@flow
async def awaiting():
    await astay()

@flow
async def awaiting_task():
    await awork()

@flow
def leaving():
    work()

found = globals()[sys.argv[1]]
if found.is_async:
    asyncio.run(found())
else:
    found()
"""

SYNC = ["sync", "called", "submitted", "waiting", "careless", "subflow"]
SIGNALS = {
    signal.SIGTERM: "Execution was aborted by a termination signal.",
    signal.SIGINT: "Execution was aborted by an interrupt signal.",
}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *((name, signal.SIGTERM) for name in (*SYNC, "awaiting", "awaiting_task")),
        *((name, signal.SIGINT) for name in ("sync", "submitted", "subflow", "awaiting")),
    ],
)
def test_a_script_that_is_interrupted_leaves_a_crashed_run_and_ends_by_the_signal(
    client: LocalClient, tmp_path: Path, name: str, number: signal.Signals
) -> None:
    with started(tmp_path, SCRIPT, name) as process:
        when_running(process, client)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        assert process.returncode == -number, err
    run = only_run(client)
    assert run.state.name == "Crashed"
    if name.startswith("awaiting") and number == signal.SIGINT:
        # asyncio turns the first Ctrl+C into the cancellation of what runs.
        assert run.state.message in (SIGNALS[number], "Execution was cancelled by the runtime environment.")
    else:
        assert run.state.message == SIGNALS[number]
    assert run.owner is None
    assert all(one.state.is_crashed() for one in tasks_of(client).values())
    assert all(one.state.is_crashed() for one in runs_of(client, "inner"))
    assert "Finished in state Crashed(" in err


def test_a_script_that_exits_within_its_flow_leaves_a_crashed_run_and_its_exit_code(
    client: LocalClient, tmp_path: Path
) -> None:
    source = (
        "import sys\nfrom flowtui import flow, task\n"
        "@task\ndef leave():\n    sys.exit(3)\n"
        "@flow\ndef main():\n    leave()\nmain()\n"
    )
    with started(tmp_path, source) as process:
        _, err = process.communicate(timeout=20)
        assert process.returncode == 3, err
    run = only_run(client)
    assert str(run.state) == "Crashed('Execution was aborted by a Python system exit call (code 3).')"
    assert tasks_of(client)["leave-0"].state.message == run.state.message


def test_a_handler_of_the_users_own_is_put_back(client: LocalClient) -> None:
    before = signal.signal(signal.SIGTERM, lambda signum, frame: None)
    try:
        mine = signal.getsignal(signal.SIGTERM)
        during = flow(name="outer", persist_result=False)(lambda: signal.getsignal(signal.SIGTERM))()
        assert during is not mine
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_second_interrupt_does_not_leave_the_run_open(client: LocalClient, tmp_path: Path) -> None:
    """Impatient people press Ctrl+C more than once."""
    with started(tmp_path, SCRIPT, "called", FLOWTUI_LEASE_SECONDS="1") as process:
        when_running(process, client)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    def ended() -> bool:
        client.reap_leases()
        return only_run(client).state.is_crashed()

    wait_until(ended, what="the run to end")
    assert all(one.state.is_crashed() for one in tasks_of(client).values())


FORGOTTEN = """
import asyncio, gc
from flowtui import flow, task

@task
async def inner():
    await asyncio.sleep(30)

@flow(on_crashed=[lambda flow, run, state: print(state.message)])
async def outer():
    await inner()

loop = asyncio.new_event_loop()
running = loop.create_task(outer())

async def until_it_sleeps():
    while len(asyncio.all_tasks()) < 2 or not getattr(running.get_coro(), "cr_await", None):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)

loop.run_until_complete(until_it_sleeps())
loop.close()
del running
gc.collect()
"""


def test_a_flow_that_its_loop_forgets_has_crashed(client: LocalClient, tmp_path: Path) -> None:
    """The loop is closed while the flow still waits on it."""
    with started(tmp_path, FORGOTTEN) as process:
        out, err = process.communicate(timeout=20)
    words = "The event loop that ran it was stopped or closed before it had ended."
    assert out == f"{words}\n", err
    assert "Exception ignored" not in err
    assert str(only_run(client).state.message) == words
    assert [one.state.message for one in tasks_of(client).values()] == [words]
