"""Marks on arguments, and futures that nobody asks for anything."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowtui import (
    Completed,
    Failed,
    State,
    allow_failure,
    flow,
    opaque,
    quote,
    resolve_futures_to_results,
    resolve_futures_to_states,
    tags,
    task,
    unmapped,
    wait,
)
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UpstreamFailed
from tests.engine.sdk.asking import lines_of, only_run, tasks_of
from tests.support import run_python


@task
def give(value: Any) -> Any:
    return value


@task
def fail() -> None:
    raise ValueError("no rows")


@task
def see(value: Any) -> str:
    return repr(value)


CALLS: dict[str, Callable[[Any], str]] = {"called": see, "submitted": lambda value: see.submit(value).result()}
every_way = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


# -- allow_failure --------------------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("place", ["itself", "within a list", "a state", "a list of both"])
def test_a_failure_that_is_allowed_arrives_as_its_exception(
    client: LocalClient, call: Callable[[Any], str], place: str
) -> None:
    @flow
    def outer() -> str:
        failed = fail.submit()
        return call(
            {
                "itself": lambda: allow_failure(failed),
                "within a list": lambda: [allow_failure(failed)],
                "a state": lambda: allow_failure(failed.state) if failed.wait() is None else None,
                "a list of both": lambda: allow_failure([failed, give.submit(1)]),
            }[place]()
        )

    plain = "ValueError('no rows')"
    assert outer() == {"within a list": f"[{plain}]", "a list of both": f"[{plain}, 1]"}.get(place, plain)


def test_what_comes_after_a_failure_that_is_allowed_starts(client: LocalClient) -> None:
    @flow
    def outer() -> Any:
        failed = fail.submit()
        behind = give.submit(failed)
        assert give.submit(1, wait_for=[allow_failure(failed)]).result() == 1
        assert give.submit(1, wait_for=[failed]).state.is_pending() in (True, False)
        return see.submit(allow_failure(behind)).result()

    assert "UpstreamFailed" in outer()


def test_a_mapping_over_what_may_fail_goes_on(client: LocalClient) -> None:
    @flow
    def outer() -> list[str]:
        return see.map(allow_failure([fail.submit(), give.submit(2)])).result()

    assert outer() == ["ValueError('no rows')", "2"]


def test_the_edge_of_a_marked_future_is_recorded(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        see.submit([allow_failure(fail.submit())]).wait()

    outer()
    tasks = tasks_of(client, only_run(client))
    assert tasks["see-0"].task_inputs == {"value": [{"input_type": "task_run", "id": tasks["fail-0"].id}]}


# -- quote, opaque, unmapped ------------------------------------------------------------------------------------------


@every_way
def test_in_what_is_quoted_nothing_is_looked_for(client: LocalClient, call: Callable[[Any], str]) -> None:
    @flow
    def outer() -> list[str]:
        future = give.submit(1)
        future.wait()
        return [call(quote([1, 2])), call(quote(future)), call([quote(future), future])]

    plain, itself, both = outer()
    assert plain == "[1, 2]"
    assert itself == "<TaskFuture 'give-0' Completed>"
    assert both == f"[{itself}, 1]"


@every_way
def test_what_is_opaque_is_resolved_and_not_searched(client: LocalClient, call: Callable[[Any], str]) -> None:
    @flow
    def outer() -> list[str]:
        future = give.submit(1)
        future.wait()
        return [call(opaque(future)), call(opaque([future]))]

    assert outer() == ["1", "[<TaskFuture 'give-0' Completed>]"]


@every_way
def test_a_mark_without_a_future_is_taken_off(client: LocalClient, call: Callable[[Any], str]) -> None:
    @flow
    def outer() -> list[str]:
        return [call(mark(7)) for mark in (quote, opaque, unmapped, allow_failure)]

    assert outer() == ["7"] * 4


def test_a_quoted_state_is_a_value_and_not_how_the_run_ended(client: LocalClient) -> None:
    state = flow(name="outer")(lambda: quote(Failed(message="meant as a value")))(return_state=True)
    assert state.is_completed()
    assert state.result().message == "meant as a value"


def test_marks_tell_what_they_hold() -> None:
    assert (quote(1).unquote(), allow_failure([2]).unwrap(), unmapped("x").value) == (1, [2], "x")
    assert quote(1) == quote(1) != allow_failure(1)
    assert repr(unmapped([1])) == "unmapped(value=[1])"


# -- resolving --------------------------------------------------------------------------------------------------------


def test_futures_in_a_collection_are_replaced_by_states_or_results(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        good, bad = give.submit(7), fail.submit()
        states = resolve_futures_to_states({"a": [good], "b": bad, "c": 1})
        assert [states["a"][0].name, states["b"].name, states["c"]] == ["Completed", "Failed", 1]
        assert resolve_futures_to_results([good, {"x": good.state}]) == [7, {"x": 7}]
        with pytest.raises(ValueError, match="no rows"):
            resolve_futures_to_results([good, bad])
        assert repr(resolve_futures_to_results(allow_failure([bad, good]))) == "[ValueError('no rows'), 7]"

    outer()


def test_a_future_is_awaited_without_blocking_the_loop(client: LocalClient) -> None:
    import asyncio

    release = threading.Event()

    @task
    def held() -> str:
        assert release.wait(20)
        return "held"

    @flow
    async def outer() -> list[Any]:
        async def let_go() -> None:
            release.set()

        first, _ = await asyncio.gather(_awaited(held.submit()), let_go())
        with pytest.raises(ValueError, match="no rows"):
            await fail.submit()
        with pytest.raises(UpstreamFailed):
            await give.submit(fail.submit())
        return [first, await give.submit(2)]

    async def _awaited(future: Any) -> Any:
        return await future

    assert asyncio.run(outer()) == ["held", 2]


def test_an_async_flow_waits_for_its_parameters_while_the_loop_goes_on(client: LocalClient) -> None:
    import asyncio

    release = threading.Event()

    @task
    def held() -> int:
        assert release.wait(20)
        return 20

    @flow
    async def inner(n: int) -> int:
        return n + 1

    @flow
    async def outer() -> int:
        async def let_go() -> None:
            release.set()

        value, _ = await asyncio.gather(inner(held.submit()), let_go())
        return value

    assert asyncio.run(outer()) == 21


# -- nobody asks ------------------------------------------------------------------------------------------------------


def warnings_of(client: LocalClient) -> list[str]:
    return [line for line in lines_of(client, only_run(client)) if line.startswith("Nobody asked")]


def test_futures_that_nobody_asks_are_named_in_one_warning(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        give.submit(1).wait()
        give.submit(2)
        fail.submit()
        give.map([1] * 20)

    outer()
    (line,) = warnings_of(client)
    assert line.startswith("Nobody asked how these submitted tasks ended: 'give-1', 'fail-0' (Failed), 'give-2', ")
    assert "and 17 more. A failure among them does not fail the flow. Ask with .result()" in line
    assert only_run(client).stats.warnings == 1


ASKING: dict[str, Callable[[Any], Any]] = {
    "wait": lambda future: future.wait(),
    "result": lambda future: future.result(),
    "state": lambda future: str(future.state),
    "a callback": lambda future: future.add_done_callback(lambda _: None),
    "wait for many": lambda future: wait([future]) and None,
    "an argument": lambda future: give.submit(future).result(),
    "an argument of a call": lambda future: give([future]),
    "waited for": lambda future: give.submit(1, wait_for=[future]).result(),
    "returned": lambda future: future,
    "returned within": lambda future: {"x": [future]},
    "a subflow": flow(name="inner")(lambda x: x),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_a_future_that_somebody_asks_is_no_news(client: LocalClient, ask: Callable[[Any], Any]) -> None:
    @flow
    def outer() -> Any:
        return ask(give.submit(1))

    outer()
    assert warnings_of(client) == []


def test_a_flow_that_fails_speaks_of_its_failure_only(client: LocalClient) -> None:
    @flow
    def outer() -> State:
        give.submit(1)
        raise ValueError

    assert outer(return_state=True).is_failed()
    assert warnings_of(client) == []


def test_a_returned_state_of_a_future_counts(client: LocalClient) -> None:
    @flow
    def outer() -> Any:
        return [give.submit(1), Completed()]

    assert outer(return_state=True).message == "All states completed."


# -- edges and ends ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [False, True])
def test_a_subflow_is_tied_to_the_tasks_whose_values_it_gets(client: LocalClient, is_async: bool) -> None:
    import asyncio

    async def adouble(n: int) -> int:
        return 2 * n

    def double(n: int) -> int:
        return 2 * n

    inner = flow(name="inner")(adouble if is_async else double)

    @flow
    def outer() -> None:
        with tags("tagged"):
            answer = inner(give.submit(1), wait_for=[give.submit(2)])
            assert (asyncio.run(answer) if is_async else answer) == 2

    outer()
    tasks = tasks_of(client, only_run(client))
    first, second = ([{"input_type": "task_run", "id": tasks[f"give-{n}"].id}] for n in (0, 1))
    assert tasks["inner-0"].task_inputs == {"n": first, "wait_for": second}
    assert tasks["inner-0"].tags == ("tagged",)


def test_what_a_script_submits_outside_flows_is_done_before_it_ends(client: LocalClient, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import time\n"
        "from flowtui import task\n"
        "@task\n"
        "def late(n):\n"
        "    time.sleep(0.2)\n"
        "    print(f'done {n}\\n', end='')\n"
        "late.map([1, 2, 3])\n"
    )
    done = run_python(str(script))
    assert sorted(done.stdout.split()) == ["1", "2", "3", "done", "done", "done"], done.stderr
    assert {one.state.name for one in client.list_task_runs().items} == {"Completed"}


def test_a_future_of_an_attempt_that_failed_is_no_news(client: LocalClient) -> None:
    attempts = iter([1, 2])

    @flow(retries=1)
    def outer() -> None:
        if next(attempts) == 1:
            give.submit(1)
            raise ValueError

    outer()
    assert warnings_of(client) == []


# -- values that were handed on without a future ----------------------------------------------------------------------


class Table:
    """A value that is no JSON, and that compares as tables of numbers do."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise ValueError("the truth of a table is ambiguous")


MADE: dict[str, Callable[[], Any]] = {
    "a list": lambda: [1, 2],
    "a dictionary": lambda: {"a": [1]},
    "an object": Table,
    "a set": lambda: {1, 2},
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
@pytest.mark.parametrize("place", ["itself", "in a list", "in a dictionary", "marked"])
@pytest.mark.parametrize("how", ["called", "submitted", "a subflow"])
def test_a_value_that_a_task_gave_is_an_edge_to_it(
    client: LocalClient, make: Callable[[], Any], place: str, how: str
) -> None:
    load = task(name="load")(make)
    use: Any = flow(name="use")(lambda value: 1) if how == "a subflow" else task(name="use")(lambda value: 1)

    @flow
    def outer() -> None:
        value = load()
        given = {"itself": value, "in a list": [0, value], "in a dictionary": {"x": value}, "marked": unmapped(value)}
        if how == "submitted":
            use.submit(given[place]).wait()
        else:
            use(given[place])

    outer()
    tasks = tasks_of(client, only_run(client))
    assert tasks["use-0"].task_inputs == {"value": [{"input_type": "task_run", "id": tasks["load-0"].id}]}


@pytest.mark.parametrize("value", [7, "text", None, True, b"x", (), Table, len], ids=repr)
def test_a_value_that_many_have_tells_nothing(client: LocalClient, value: Any) -> None:
    load = task(name="load")(lambda: value)

    @flow
    def outer() -> None:
        see(load())

    outer()
    assert tasks_of(client, only_run(client))["see-0"].task_inputs == {}


def test_a_copy_is_another_value(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        see(list(give([1, 2])))

    outer()
    assert tasks_of(client, only_run(client))["see-0"].task_inputs == {}


def test_large_values_are_not_kept_alive(client: LocalClient) -> None:
    import gc
    import weakref

    alive: list[Any] = []

    @task
    def load() -> Table:
        table = Table()
        alive.append(weakref.ref(table))
        return table

    @flow
    def outer() -> int:
        for _ in range(5):
            load()
        client.flush()  # until then the writer has them
        gc.collect()
        return sum(reference() is not None for reference in alive)

    assert outer() == 0


def test_only_the_last_values_are_kept(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        first = give([0])
        for n in range(300):
            give([n])
        see(first)

    outer()
    assert tasks_of(client, only_run(client))["see-0"].task_inputs == {}
