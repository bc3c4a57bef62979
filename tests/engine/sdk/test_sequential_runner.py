"""The sequential runner, and task runners that are used by themselves."""

import asyncio
import threading
from typing import Any

import pytest

from flowtui import ConcurrentTaskRunner, ProcessPoolTaskRunner, SequentialTaskRunner, ThreadPoolTaskRunner, flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import MappingError, ParameterError, UsageError
from tests.engine.sdk.asking import only_run, tasks_of

order: list[Any] = []


@task
def note(n: int) -> int:
    order.append((n, threading.get_ident()))
    return n


@task
async def anote(n: int) -> int:
    await asyncio.sleep(0)
    order.append((n, 0))
    return n


@pytest.fixture(autouse=True)
def _forget() -> None:
    order.clear()


def test_each_submitted_task_is_done_before_the_next_line(client: LocalClient) -> None:
    @flow(task_runner=SequentialTaskRunner())
    def outer() -> list[int]:
        first = note.submit(1)
        assert first.state.is_completed()
        order.append("after")
        return [*note.map([2, 3]).result(), anote.submit(4).result(), note.submit(note.submit(5)).result()]

    me = threading.get_ident()
    assert outer() == [2, 3, 4, 5]
    assert order == [(1, me), "after", (2, me), (3, me), (4, 0), (5, me), (5, me)]
    assert all(one.state.is_completed() for one in tasks_of(client, only_run(client)).values())


def test_an_async_flow_submits_async_tasks_to_it(client: LocalClient) -> None:
    """Their loop needs a thread of its own, because this one has a loop that runs."""

    @flow(task_runner=SequentialTaskRunner)
    async def outer() -> list[int]:
        return [anote.submit(1).result(), note.submit(2).result(), await anote(3)]

    assert asyncio.run(outer()) == [1, 2, 3]


def test_a_failure_is_the_futures_and_not_the_submits(client: LocalClient) -> None:
    bad = task(name="bad")(lambda: 1 / 0)

    @flow(task_runner=SequentialTaskRunner())
    def outer() -> int:
        future = bad.submit()
        assert future.state.is_failed()
        assert note.submit(future).state.name == "NotReady"
        return note.submit(7).result()

    assert outer() == 7


def test_tasks_that_submit_tasks_never_wait_for_room(client: LocalClient) -> None:
    @task
    def down(n: int) -> int:
        return 0 if n == 0 else down.submit(n - 1).result()

    assert flow(name="outer", task_runner=SequentialTaskRunner())(lambda: down.submit(10).result())() == 0


def test_the_name_from_before_is_the_thread_runner() -> None:
    assert ConcurrentTaskRunner is ThreadPoolTaskRunner


# -- by themselves --------------------------------------------------------------------------------------------------

RUNNERS = [SequentialTaskRunner, ThreadPoolTaskRunner, ProcessPoolTaskRunner]


@pytest.mark.parametrize("runner", RUNNERS, ids=lambda runner: str(runner.__name__))
def test_a_runner_is_used_by_itself(client: LocalClient, runner: Any) -> None:
    with runner() as runs:
        first = runs.submit(note, {"n": 1})
        second = runs.submit(note, {"n": first}, wait_for=[first])
        assert (first.result(), second.result()) == (1, 1)
        assert runs.map(note, {"n": [2, 3]}).result() == [2, 3]
        late = runs.submit(note, {"n": 4})
    assert late.inner.done(), "the block waits for what was submitted in it"
    client.flush()
    made = client.list_task_runs().items
    assert len(made) == 5
    assert all(one.flow_run_id is None and one.state.is_completed() for one in made)


def test_a_runner_within_a_flow_runs_its_tasks(client: LocalClient) -> None:
    @flow
    def outer() -> list[int]:
        with ThreadPoolTaskRunner(max_workers=1) as runs:
            return runs.map(note, {"n": [1, 2]}).result()

    assert outer() == [1, 2]
    assert sorted(tasks_of(client, only_run(client))) == ["note-0", "note-1"]


def test_a_block_that_raises_interrupts_what_it_has_started(client: LocalClient) -> None:
    begun = threading.Event()

    @task
    def long() -> None:
        begun.set()
        while True:
            threading.Event().wait(0.001)

    futures = []
    with pytest.raises(ValueError, match="enough"), ThreadPoolTaskRunner(max_workers=1) as runs:
        futures = [runs.submit(long, {}), runs.submit(note, {"n": 1})]
        assert begun.wait(20)
        raise ValueError("enough")
    futures[0].wait(20)
    assert futures[0].state.is_crashed()


def test_what_does_not_fit_is_told_where_it_was_submitted(client: LocalClient) -> None:
    with ThreadPoolTaskRunner() as runs:
        with pytest.raises(ParameterError, match="Task 'note' cannot be called like this"):
            runs.submit(note, {"m": 1})
        with pytest.raises(MappingError):
            runs.map(note, {"n": 1})


@pytest.mark.parametrize("given", [4, "threads", object, lambda: None])
def test_what_is_no_runner_is_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="give a task runner such as ThreadPoolTaskRunner"):
        flow(task_runner=given)(lambda: 1)


def test_a_runner_says_what_it_is() -> None:
    assert str(ThreadPoolTaskRunner(max_workers=2)) == "ThreadPoolTaskRunner(max_workers=2)"
    assert SequentialTaskRunner().name == "SequentialTaskRunner"
