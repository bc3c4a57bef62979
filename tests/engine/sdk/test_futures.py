"""Futures: waited for, handed to other tasks as they are, and never a hang when something upstream failed."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pydantic
import pytest

from flowtui import ThreadPoolTaskRunner, as_completed, flow, task, wait
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UpstreamFailed
from tests.engine.sdk.asking import names_of, only_run, tasks_of


@task
def give(value: Any) -> Any:
    return value


@task
def fail() -> None:
    raise ValueError("no rows")


@dataclass
class Box:
    content: Any
    label: str = "box"


class Pair(NamedTuple):
    a: Any
    b: Any


class Model(pydantic.BaseModel):
    content: Any


@task
def hold(event: threading.Event) -> str:
    assert event.wait(20)
    return "held"


# -- waiting --------------------------------------------------------------------------------------------------------


def test_a_future_is_waited_for_with_a_limit(client: LocalClient) -> None:
    @flow
    def outer() -> str:
        event = threading.Event()
        future = hold.submit(event)
        future.wait(timeout=0.001)
        assert not future.state.is_final()
        with pytest.raises(TimeoutError, match=r"Task run 'hold-0' has not ended within 0\.001 second"):
            future.result(timeout=0.001)
        event.set()
        return future.result(timeout=20)

    assert outer() == "held"


def test_waiting_for_many_tells_which_are_done(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        event = threading.Event()
        late, early = hold.submit(event), give.submit(1)
        early.wait()
        assert wait([late, early], timeout=0.001) == ({early}, {late})
        event.set()
        assert wait([late, early]) == ({early, late}, set())

    outer()


def test_futures_come_as_they_are_completed(client: LocalClient) -> None:
    @flow
    def outer() -> list[str]:
        first, second = threading.Event(), threading.Event()
        futures = [hold.with_options(task_run_name=name).submit(event) for name, event in (("b", second), ("a", first))]
        first.set()
        names = []
        for future in as_completed(futures, timeout=20):
            names.append(future.name)
            second.set()
        return names

    assert outer() == ["a", "b"]


def test_waiting_for_what_does_not_end_in_time_raises(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        event = threading.Event()
        future = hold.submit(event)
        with pytest.raises(TimeoutError):
            list(as_completed([future], timeout=0.001))
        event.set()

    outer()


def test_a_callback_is_called_once_when_it_ends_and_at_once_when_it_has(client: LocalClient) -> None:
    told: list[str] = []

    @flow
    def outer() -> None:
        event = threading.Event()
        future = hold.submit(event)
        future.add_done_callback(lambda one: told.append(one.state.name))
        assert told == []
        event.set()
        future.wait()
        future.add_done_callback(lambda one: told.append(f"again {one.result()}"))

    outer()
    assert sorted(told) == ["Completed", "again held"]


def test_a_flow_waits_for_what_it_submitted_and_did_not_ask_for(client: LocalClient) -> None:
    done = threading.Event()

    @task
    def late() -> None:
        done.set()

    flow(name="outer")(lambda: late.submit() and None)()
    assert done.is_set()
    assert tasks_of(client, only_run(client))["late-0"].state.is_completed()


# -- as arguments ---------------------------------------------------------------------------------------------------

PLACES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "itself": (lambda future: future, 7),
    "a list": (lambda future: [0, future], [0, 7]),
    "a tuple": (lambda future: (future,), (7,)),
    "a set": (lambda future: {future}, {7}),
    "a dictionary": (lambda future: {"a": {"b": future}}, {"a": {"b": 7}}),
    "a dataclass": (lambda future: Box([future]), Box([7])),
    "deep within": (lambda future: [({"a": [Box((future,))]},)], [({"a": [Box((7,))]},)]),
    "a mapping": (lambda future: give.map([future, 8]), [7, 8]),
    "a named tuple": (lambda future: Pair(future, 0), Pair(7, 0)),
    "a dictionary of a kind of its own": (lambda future: defaultdict(list, a=future), {"a": 7}),
    "a model": (lambda future: Model.model_construct(content=[future]), Model(content=[7])),
    "a state": (lambda future: [future.inner.result().state], [7]),
}


@pytest.mark.parametrize(("place", "value"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("how", ["call", "submit"])
def test_a_future_is_replaced_by_its_value_wherever_it_is(
    client: LocalClient, place: Callable[[Any], Any], value: Any, how: str
) -> None:
    seen: list[Any] = []

    @task
    def see(thing: Any) -> None:
        seen.append(thing)

    @flow
    def outer() -> None:
        future = give.submit(7)
        given = place(future)
        if how == "call":
            see(given)
        else:
            see.submit(given).wait()

    outer()
    assert seen == [value]


def test_the_edges_of_the_graph_are_recorded(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        a, b = give.submit(1), give.submit(2)
        give.submit([a, {"x": b}], wait_for=[a]).wait()

    outer()
    tasks = tasks_of(client, only_run(client))
    a, b = ({"input_type": "task_run", "id": tasks[f"give-{number}"].id} for number in (0, 1))
    assert tasks["give-2"].task_inputs == {"value": [a, b], "wait_for": [a]}


def test_a_task_starts_when_all_that_it_needs_has_ended_also_with_one_worker(client: LocalClient) -> None:
    """A waiting task takes no worker's place."""

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def outer() -> int:
        future = give.submit(1)
        for _ in range(20):
            future = give.submit(future)
        return future.result(timeout=20)

    assert outer() == 1


def test_a_flow_takes_futures_as_parameters(client: LocalClient) -> None:
    @flow
    def inner(n: int) -> int:
        return n + 1

    assert flow(name="outer")(lambda: inner(give.submit("41")))() == 42


def test_a_task_waits_for_what_it_was_told_to_without_its_value(client: LocalClient) -> None:
    order: list[str] = []

    @task
    def note(text: str) -> None:
        order.append(text)

    @flow
    def outer() -> None:
        event = threading.Event()
        held = hold.submit(event)
        held.add_done_callback(lambda _: order.append("held"))
        after = note.submit("after", wait_for=[held])
        event.set()
        after.wait()

    outer()
    assert order == ["held", "after"]


# -- upstream failures ----------------------------------------------------------------------------------------------

AFTER: dict[str, Callable[[Any], Any]] = {
    "as an argument": lambda failed: give.submit([failed]),
    "to be waited for": lambda failed: give.submit(1, wait_for=[failed]),
    "through another": lambda failed: give.submit(give.submit(failed)),
    "to map with": lambda failed: give.map([failed])[0],
}


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
def test_what_depends_on_a_failure_is_not_ready_and_says_why(client: LocalClient, after: Callable[[Any], Any]) -> None:
    @flow
    def outer() -> None:
        future = after(fail.submit())
        future.wait(20)
        with pytest.raises(UpstreamFailed, match="was not started, because task run"):
            future.result(timeout=20)
        assert isinstance(future.result(raise_on_failure=False), UpstreamFailed)

    outer()
    tasks = tasks_of(client, only_run(client))
    waited = [one for one in tasks.values() if one.name.startswith("give")]
    assert {one.state.name for one in waited} == {"NotReady"}
    assert all(names_of(client, one.id) == ["Pending", "NotReady"] for one in waited)
    assert all("upstream ended" in str(one.state.message) for one in waited)


def test_a_called_task_whose_argument_failed_raises_and_never_starts(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        with pytest.raises(UpstreamFailed, match=r"because task run 'fail-0' upstream ended Failed\."):
            give(fail.submit())
        assert give(fail.submit(), return_state=True).name == "NotReady"

    outer()


def test_the_failure_itself_is_what_a_flow_that_asks_for_it_raises(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        give.submit(fail.submit())
        fail.submit().result()

    with pytest.raises(ValueError, match="no rows"):
        outer()
    assert only_run(client).state.is_failed()


def test_a_chain_behind_a_failure_ends_at_once(client: LocalClient) -> None:
    @flow
    def outer() -> list[str]:
        future = fail.submit()
        chain = [future := give.submit(future) for _ in range(30)]
        chain[-1].wait(20)
        return [one.state.name for one in chain]

    assert outer() == ["NotReady"] * 30
