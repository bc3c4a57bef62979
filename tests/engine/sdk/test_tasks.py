"""Tasks, sync and async: called, submitted and mapped, inside a flow and by themselves."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from flowtui import State, Task, TaskFuture, flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from tests.engine.sdk.asking import names_of, only_run, tasks_of


@task
def add(a: int, b: int = 1) -> int:
    if a < 0:
        raise ValueError("too small")
    return a + b


@task
async def aadd(a: int, b: int = 1) -> int:
    await asyncio.sleep(0)
    if a < 0:
        raise ValueError("too small")
    return a + b


def run_in_flow(body: Callable[[], Any]) -> Any:
    """The body as a sync flow."""
    return flow(name="outer")(body)()


CALLS: dict[str, Callable[[int], Any]] = {
    "called": add,
    "submitted": lambda a: add.submit(a).result(),
    "mapped": lambda a: add.map([a]).result()[0],
    "async called": lambda a: asyncio.run(aadd(a)),
    "async submitted": lambda a: aadd.submit(a).result(),
    "async mapped": lambda a: aadd.map([a]).result()[0],
}
every_way = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@every_way
def test_a_task_gives_its_value_and_is_recorded(client: LocalClient, call: Callable[[int], int]) -> None:
    assert run_in_flow(lambda: call(1)) == 2
    run = only_run(client)
    ((name, made),) = tasks_of(client, run).items()
    assert name in ("add-0", "aadd-0")
    assert (made.flow_run_id, made.state.name, made.result, made.run_count) == (run.id, "Completed", "2", 1)
    assert names_of(client, made.id) == ["Pending", "Running", "Completed"]
    assert made.start_time is not None
    assert made.end_time is not None
    assert run.stats.tasks == run.stats.done == 1


@every_way
def test_a_task_raises_what_its_function_raises(client: LocalClient, call: Callable[[int], int]) -> None:
    with pytest.raises(ValueError, match="too small"):
        run_in_flow(lambda: call(-1))
    run = only_run(client)
    (made,) = tasks_of(client, run).values()
    assert str(made.state) == "Failed('Task run encountered an exception: ValueError: too small')"
    assert (run.state.name, run.stats.failed) == ("Failed", 1)


@every_way
def test_a_task_by_itself_is_recorded_without_a_flow(client: LocalClient, call: Callable[[int], int]) -> None:
    assert call(1) == 2
    (made,) = tasks_of(client).values()
    assert (made.flow_run_id, made.state.name) == (None, "Completed")
    assert client.list_flow_runs().items == ()


STATES: dict[str, Callable[[int], State]] = {
    "called": lambda a: add(a, return_state=True),
    "submitted": lambda a: add.submit(a, return_state=True),
    "mapped": lambda a: add.map([a], return_state=True)[0],
    "async called": lambda a: asyncio.run(aadd(a, return_state=True)),
    "async submitted": lambda a: aadd.submit(a, return_state=True),
    "async mapped": lambda a: aadd.map([a], return_state=True)[0],
}


@pytest.mark.parametrize("ask", STATES.values(), ids=STATES)
def test_with_return_state_the_final_state_is_returned(client: LocalClient, ask: Callable[[int], State]) -> None:
    @flow
    def both() -> list[Any]:
        good, bad = ask(1), ask(-1)
        return [good.result(), bad.name, str(bad.result(raise_on_failure=False))]

    assert both() == [2, "Failed", "too small"]


def test_an_async_flow_awaits_async_tasks(client: LocalClient) -> None:
    @flow
    async def outer() -> int:
        first = await aadd(1)
        return sum(await asyncio.gather(*(aadd(first, number) for number in range(3))))

    assert asyncio.run(outer()) == 9
    assert sorted(tasks_of(client, only_run(client))) == ["aadd-0", "aadd-1", "aadd-2", "aadd-3"]


def test_an_async_flow_calls_and_submits_sync_tasks(client: LocalClient) -> None:
    @flow
    async def outer() -> list[Any]:
        return [add(1), add.submit(2).result(), aadd.submit(3).result()]

    assert asyncio.run(outer()) == [2, 3, 4]
    assert len(tasks_of(client, only_run(client))) == 3


def test_a_task_calls_tasks(client: LocalClient) -> None:
    @task
    def twice(a: int) -> int:
        return add(a) + add.submit(a).result()

    assert run_in_flow(lambda: twice(1)) == 4
    assert sorted(tasks_of(client, only_run(client))) == ["add-0", "add-1", "twice-0"]


def test_submitted_tasks_run_in_other_threads_and_called_ones_do_not(client: LocalClient) -> None:
    @task
    def where() -> int:
        return threading.get_ident()

    @flow
    def outer() -> list[int]:
        return [threading.get_ident(), where(), where.submit().result()]

    here, called, submitted = outer()
    assert here == called != submitted


def test_calls_of_one_task_are_numbered_in_their_order(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        add(0)
        aadd.submit(0).wait()
        add.map([1, 2]).wait()

    outer()
    tasks = tasks_of(client, only_run(client))
    assert list(tasks) == ["add-0", "aadd-0", "add-1", "add-2"]
    assert [one.dynamic_key for one in tasks.values()] == ["0", "0", "1", "2"]
    assert tasks["add-0"].task_key == tasks["add-2"].task_key != tasks["aadd-0"].task_key


def test_a_task_run_is_named_by_a_template_or_a_function(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        add.with_options(task_run_name="add-{a}-to-{b}")(1)
        add.with_options(task_run_name=lambda: "fixed").submit(1).wait()
        add.with_options(task_run_name=lambda parameters: f"by {parameters['b']}")(1, 7)

    outer()
    assert sorted(tasks_of(client)) == ["add-1-to-1", "by 7", "fixed"]


def test_a_template_that_cannot_be_filled_is_a_sentence(client: LocalClient) -> None:
    with pytest.raises(UsageError, match="of task 'add' cannot be filled"):
        add.with_options(task_run_name="{a.c}")(1)
    with pytest.raises(UsageError, match=r"task_run_name of 'add' is '\{c\}', but its parameters are: a, b"):
        add.with_options(task_run_name="{c}")


@pytest.mark.parametrize(
    "arguments",
    [
        {"retries": -1},
        {"retries": 1.5},
        {"timeout_seconds": -1},
        {"timeout_seconds": "soon"},
        {"retry_delay_seconds": "soon"},
        {"retry_delay_seconds": [1, -1]},
        {"retry_delay_seconds": lambda retries: None},
        {"tags": "prod"},
        {"log_prints": "yes"},
        {"persist_result": "no"},
        {"refresh_cache": 1},
        {"cache_result_in_memory": "no"},
        {"version": 3},
        {"description": 3},
        {"name": "a/b"},
    ],
)
def test_an_argument_that_makes_no_sense_is_refused_where_the_task_is_made(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        task(**arguments)(lambda: 1)


def test_a_copy_has_other_options_and_the_same_function() -> None:
    copy = add.with_options(name="plus", retries=3)
    assert isinstance(copy, Task)
    assert (copy.name, copy.retries, copy.task_key) == ("plus", 3, add.task_key)
    assert (add.name, add.retries) == ("add", 0)
    with pytest.raises(TypeError):
        add.with_options(retires=3)


def test_many_tasks_at_once_are_all_recorded(client: LocalClient) -> None:
    @flow
    def outer() -> int:
        return sum(add.map(list(range(300))).result())

    assert outer() == sum(range(1, 301))
    run = only_run(client)
    assert run.stats.tasks == run.stats.done == 300
    assert {one.state.name for one in tasks_of(client, run).values()} == {"Completed"}


def test_threads_of_the_users_own_may_submit_and_call(client: LocalClient) -> None:
    import contextvars

    @flow
    def outer() -> int:
        futures: list[TaskFuture[int]] = []
        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(lambda: futures.append(add.submit(1)),))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(future.result() for future in futures)

    assert outer() == 16
    assert len(tasks_of(client, only_run(client))) == 8


def test_a_task_without_a_name_is_called_after_its_function() -> None:
    assert task(lambda: 1).name == "unknown-lambda"


def test_a_function_that_does_not_tell_its_parameters_is_refused_in_a_sentence() -> None:
    with pytest.raises(UsageError, match=r"parameters of Task 'allocate_lock' cannot be known; call it from a"):
        task(threading.Lock)
