"""Timeouts: in the main thread, in other threads and on an event loop; nested; and never after the fact."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowtui import flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import RunTimeout
from tests.engine.sdk.asking import names_of, only_run, tasks_of
from tests.support import run_python, wait_until

SHORT = 0.02


def spin(limit: float = 20.0) -> None:
    """Busy in Python code for as long as nobody interrupts."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        pass
    raise AssertionError("nobody interrupted")


def stubborn() -> None:
    """Catches every exception, as careless code does."""
    while True:
        try:
            spin()
        except Exception as error:
            raise AssertionError("a timeout was caught") from error


@pytest.mark.parametrize("body", [spin, stubborn])
@pytest.mark.parametrize("where", ["main", "thread"])
def test_a_sync_task_is_interrupted(client: LocalClient, body: Callable[[], None], where: str) -> None:
    timed = task(name="slow", timeout_seconds=SHORT)(body)

    @flow
    def outer() -> None:
        if where == "main":
            timed()
        else:
            timed.submit().result()

    with pytest.raises(RunTimeout, match=r"It took longer than its timeout of 0\.02 second"):
        outer()
    made = tasks_of(client)["slow-0"]
    assert (made.state.type.value, made.state.name) == ("FAILED", "TimedOut")
    assert only_run(client).state.name == "TimedOut"


@pytest.mark.parametrize("how", ["await", "submit"])
def test_an_async_task_is_cancelled(client: LocalClient, how: str) -> None:
    cleaned: list[bool] = []

    @task(timeout_seconds=SHORT)
    async def slow() -> None:
        try:
            await asyncio.sleep(20)
        finally:
            cleaned.append(True)

    @flow
    async def outer() -> str:
        state = await slow(return_state=True) if how == "await" else slow.submit(return_state=True)
        return str(state.name)

    assert asyncio.run(outer()) == "TimedOut"
    assert cleaned == [True]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_flow_is_interrupted(client: LocalClient, is_async: bool) -> None:
    @flow(timeout_seconds=SHORT)
    def sync() -> None:
        spin()

    @flow(timeout_seconds=SHORT)
    async def async_() -> None:
        await asyncio.sleep(20)

    with pytest.raises(RunTimeout):
        asyncio.run(async_()) if is_async else sync()
    run = only_run(client)
    assert run.state.message == "Flow run exceeded its timeout. It took longer than its timeout of 0.02 second(s)."
    assert names_of(client, run.id) == ["Pending", "Running", "TimedOut"]


def test_a_timeout_is_an_error_of_the_kind_that_python_has_for_it(client: LocalClient) -> None:
    with pytest.raises(TimeoutError):
        task(name="slow", timeout_seconds=SHORT)(spin)()


def test_a_timed_out_task_is_tried_again(client: LocalClient) -> None:
    calls: list[int] = []

    @task(timeout_seconds=SHORT, retries=1)
    def slow_at_first() -> str:
        calls.append(1)
        if len(calls) == 1:
            spin()
        return "done"

    assert slow_at_first() == "done"


def test_a_timeout_of_the_users_own_is_not_ours(client: LocalClient) -> None:
    @task(timeout_seconds=20)
    async def impatient() -> None:
        await asyncio.wait_for(asyncio.sleep(20), 0.001)

    state = asyncio.run(impatient(return_state=True))
    assert (state.name, type(state.data)) == ("Failed", TimeoutError)


# -- nested ---------------------------------------------------------------------------------------------------------


def test_a_flows_limit_holds_inside_a_task_with_a_longer_one(client: LocalClient) -> None:
    inner = task(name="slow", timeout_seconds=20)(spin)
    state = flow(timeout_seconds=SHORT)(inner)(return_state=True)
    assert (state.name, "0.02" in str(state.message)) == ("TimedOut", True)
    assert tasks_of(client)["slow-0"].state.is_crashed()


def test_a_limit_holds_inside_one_with_a_longer_one_also_in_a_thread(client: LocalClient) -> None:
    inner = task(name="slow", timeout_seconds=20)(spin)
    between = task(name="between", timeout_seconds=SHORT)(inner)
    state = flow(name="outer")(lambda: between.submit(return_state=True).name)(return_state=True)
    assert state.data == "TimedOut"


def test_a_task_within_its_limit_does_not_prolong_its_flows(client: LocalClient) -> None:
    """However many tasks with a timer of their own run one after another."""

    @task(timeout_seconds=20)
    def quick() -> None:
        end = time.monotonic() + 0.002
        while time.monotonic() < end:
            pass

    @flow(timeout_seconds=0.05)
    def outer() -> None:
        for _ in range(1000):
            quick()
        raise AssertionError("nobody interrupted")

    assert outer(return_state=True).name == "TimedOut"


def test_a_task_that_times_out_leaves_its_flow_its_time(client: LocalClient) -> None:
    slow = task(name="slow", timeout_seconds=SHORT)(spin)

    @flow(timeout_seconds=20)
    def outer() -> Any:
        return slow(return_state=True).name

    assert outer() == "TimedOut"


# -- afterwards -----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it may strike a tool's look at garbage
@pytest.mark.parametrize("limit", [0, 0.001, 0.005])
def test_what_ends_about_in_time_is_either_completed_or_timed_out(client: LocalClient, limit: float) -> None:
    """In a thread too, and nothing strikes afterwards."""

    @task(timeout_seconds=limit)
    def close() -> str:
        end = time.monotonic() + limit
        while time.monotonic() < end:
            pass
        return "done"

    @flow
    def outer() -> set[str]:
        names = {close(return_state=True).name for _ in range(5)}
        futures = [close.submit() for _ in range(10)]
        for future in futures:
            future.wait(20)
        return names | {future.state.name for future in futures}

    assert outer() <= {"Completed", "TimedOut"}


def test_nothing_is_left_behind(client: LocalClient) -> None:
    quick = task(name="quick", timeout_seconds=20)(lambda: 1)
    before, left = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0]
    assert flow(lambda: quick() + quick.submit().result())() == 2
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] <= left
    wait_until(lambda: not [one for one in threading.enumerate() if isinstance(one, threading.Timer)])


def test_a_timer_of_the_users_own_goes_on(client: LocalClient) -> None:
    fired: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda signum, frame: fired.append(signum))
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0.03)
    try:
        task(name="quick", timeout_seconds=20)(lambda: 1)()
        wait_until(lambda: fired, what="the user's own alarm")
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, left)


def test_a_thread_that_python_cannot_interrupt_is_told_of_in_plain_words(client: LocalClient) -> None:
    """It is in a call that does not return to Python for a while; then it is interrupted all the same."""

    @task(timeout_seconds=SHORT)
    def sleeping() -> None:
        time.sleep(0.8)
        time.sleep(20)

    @flow
    def outer() -> str:
        return str(sleeping.submit(return_state=True).name)

    assert outer() == "TimedOut"
    (line,) = [line for line in client.read_logs(only_run(client).id).lines if "cannot interrupt" in line.message]
    assert line.message.startswith("It has passed its timeout of 0.02 second(s), but Python cannot interrupt the call")
    assert __file__ in line.message
    assert line.task_run_id == tasks_of(client)["sleeping-0"].id


ABOUT_IN_TIME = """
import collections, time
from flowtui import flow, task

LIMIT = 0.002

@task(timeout_seconds=LIMIT)
def close():
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        pass

@flow
def outer():
    futures = [close.submit() for _ in range(200)]
    names = {close(return_state=True).name for _ in range(400)}
    return names | {future.state.name for future in futures if future.wait() is None}

print(sorted(outer()))
"""


def test_a_limit_never_strikes_beside_what_it_limits(client: LocalClient, tmp_path: Path) -> None:
    """Six hundred times about in time; a signal that came late would end the process by the default of SIGALRM."""
    script = tmp_path / "script.py"
    script.write_text(ABOUT_IN_TIME)
    done = run_python(str(script))
    assert done.returncode == 0, done.stderr[-2000:]
    assert set(eval(done.stdout)) <= {"Completed", "TimedOut"}
