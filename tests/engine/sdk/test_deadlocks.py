"""Deadlocks: task runs of a full task runner that wait for one another are told so, and everything still ends."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from flowtui import ProcessPoolTaskRunner, State, ThreadPoolTaskRunner, as_completed, flow, task, wait
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import Deadlock
from tests.engine.sdk.asking import only_run, tasks_of


@task
def child(n: int) -> int:
    return n


def fan(n: int) -> list[int]:
    return [future.result() for future in as_completed([child.submit(n), child.submit(n)])]


WAYS: dict[str, Callable[[int], Any]] = {
    "result": lambda n: child.submit(n).result(),
    "wait": lambda n: child.submit(n).wait(),
    "wait for many": lambda n: wait([child.submit(n), child.submit(n)]),
    "as completed": fan,
    "mapped": lambda n: child.map([n, n]).result(),
    "handed to a task that is called": lambda n: child(child.submit(n)),
    "behind another": lambda n: child.submit(child.submit(n)).result(),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("workers", [1, 2])
def test_waiting_for_what_can_never_start_is_a_sentence_and_no_hang(
    client: LocalClient, way: Callable[[int], Any], workers: int
) -> None:
    barrier = threading.Barrier(workers)

    @task
    def parent(n: int) -> Any:
        barrier.wait(20)
        return way(n)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=workers))
    def outer() -> list[State]:
        return parent.map(list(range(workers)), return_state=True)

    states = outer(return_state=True).data
    made = tasks_of(client, only_run(client))
    failed = [one for name, one in made.items() if name.startswith("parent") and one.state.is_failed()]
    assert failed, states
    words = str(failed[0].state.message)
    assert f"Deadlock: Task run '{failed[0].name}' waits for 'child-" in words
    assert "which can never start" in words
    assert f"ThreadPoolTaskRunner(max_workers={workers})" in words
    assert "Give the task runner more workers" in words
    assert all(one.state.is_final() or one.state.name == "NotReady" for one in made.values())


@pytest.mark.timeout(30)
def test_only_as_many_give_up_as_have_to(client: LocalClient) -> None:
    """One place is enough for all the children."""
    barrier = threading.Barrier(3)

    @task
    def parent(n: int) -> int:
        barrier.wait(20)
        return child.submit(n).result()

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=3))
    def outer() -> list[str]:
        return [state.name for state in parent.map([1, 2, 3], return_state=True)]

    assert sorted(outer()) == ["Completed", "Completed", "Failed"]
    words = next(str(one.state.message) for one in tasks_of(client).values() if one.state.is_failed())
    assert "Likewise: Task run 'parent-" in words


@pytest.mark.timeout(30)
@pytest.mark.parametrize("is_awaited", [False, True])
def test_an_async_task_is_told_too(client: LocalClient, is_awaited: bool) -> None:
    @task
    async def parent() -> int:
        future = child.submit(1)
        return await future if is_awaited else future.result()

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def outer() -> None:
        with pytest.raises(Deadlock, match="waits for 'child-0', which can never start"):
            parent.submit().result()

    outer()


@pytest.mark.timeout(30)
def test_a_circle_over_two_task_runners_is_found(client: LocalClient) -> None:
    """The subflow's one worker waits for the parent's queue, and the parent's one worker for the subflow."""
    futures: list[Any] = []
    ready = threading.Event()

    @task
    def waits_outside() -> Any:
        return futures[0].result()

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def inner() -> Any:
        return waits_outside.submit().result()

    @task
    def between() -> Any:
        assert ready.wait(20)
        return inner()

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def outer() -> str:
        first = between.submit()
        futures.append(child.submit(1))
        ready.set()
        return first.result(raise_on_failure=False).__class__.__name__

    assert outer() == "Deadlock"


@pytest.mark.timeout(40)
@pytest.mark.parametrize("seconds", [0.3])
def test_a_long_wait_is_no_deadlock(client: LocalClient, seconds: float) -> None:
    """Somebody goes on: here another worker, for longer than it takes to look twice."""

    @task
    def long() -> int:
        threading.Event().wait(seconds)
        return 7

    @task
    def parent() -> int:
        return long.submit().result()

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
    def outer() -> int:
        return parent.submit().result()

    assert outer() == 7


def test_a_wait_with_a_limit_ends_by_its_limit(client: LocalClient) -> None:
    @task
    def parent() -> str:
        try:
            return str(child.submit(1).result(timeout=0.3))
        except TimeoutError as error:
            return str(error)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def outer() -> str:
        return parent.submit().result()

    assert outer() == "Task run 'child-0' has not ended within 0.3 second(s)."


def test_with_room_for_all_nothing_is_said(client: LocalClient) -> None:
    @task
    def parent(n: int) -> int:
        return n if n == 0 else parent.submit(n - 1).result()

    assert flow(name="outer")(lambda: parent.submit(20).result())() == 0


@pytest.mark.timeout(40)
def test_tasks_in_processes_that_submit_have_room_of_their_own(client: LocalClient) -> None:
    @task
    def parent(n: int) -> int:
        return child.submit(n).result() + asyncio.run(asyncio.sleep(0, 1))

    @flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
    def outer() -> list[int]:
        return parent.map([1, 2]).result()

    assert outer() == [2, 3]
