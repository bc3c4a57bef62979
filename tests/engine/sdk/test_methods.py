"""Methods, generators and other kinds of functions as flows and tasks; and their copies."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from flowtui import Flow, Task, flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import ParameterError, UsageError
from tests.engine.sdk.asking import only_run, runs_of, tasks_of


class Shop:
    """Its methods are flows and tasks, in every way in which one may write that."""

    site = "shop"

    def __init__(self, name: str) -> None:
        self.name = name

    @task
    def load(self, day: int, *, limit: int = 10) -> list[Any]:
        """Loads."""
        return [self.name, day, limit]

    @task
    async def aload(self, day: int) -> list[Any]:
        return [self.name, day]

    @task
    @classmethod
    def of_class(cls, day: int) -> list[Any]:
        return [cls.site, day]

    @classmethod
    @task
    def of_class_outside(cls, day: int) -> list[Any]:
        return [cls.site, day]

    @task
    @staticmethod
    def static(day: int) -> list[Any]:
        return [day]

    @staticmethod
    @task
    def static_outside(day: int) -> list[Any]:
        return [day]

    @flow
    def nightly(self, day: int) -> list[Any]:
        return self.load(day)

    @flow
    async def anightly(self, day: int) -> list[Any]:
        return await self.aload(day)

    @flow
    @classmethod
    def weekly(cls, day: int) -> list[Any]:
        return [cls.site, day]

    @flow
    @staticmethod
    def yearly(day: int) -> list[Any]:
        return [day]


class Branch(Shop):
    site = "branch"


SHOP, OTHER = Shop("a"), Branch("b")

TASKS: dict[str, tuple[Callable[[], Any], list[Any]]] = {
    "called": (lambda: SHOP.load(1), ["a", 1, 10]),
    "by keyword": (lambda: SHOP.load(day=1, limit=2), ["a", 1, 2]),
    "another object": (lambda: OTHER.load(1), ["b", 1, 10]),
    "submitted": (lambda: SHOP.load.submit(1).result(), ["a", 1, 10]),
    "mapped": (lambda: SHOP.load.map([1, 2]).result()[1], ["a", 2, 10]),
    "of the class, with its object": (lambda: Shop.load(SHOP, 1), ["a", 1, 10]),
    "async": (lambda: asyncio.run(SHOP.aload(1)), ["a", 1]),
    "async, submitted": (lambda: SHOP.aload.submit(1).result(), ["a", 1]),
    "a class method": (lambda: Shop.of_class(1), ["shop", 1]),
    "a class method of an object": (lambda: OTHER.of_class(1), ["branch", 1]),
    "a class method, submitted": (lambda: Branch.of_class.submit(1).result(), ["branch", 1]),
    "a class method the other way round": (lambda: OTHER.of_class_outside(1), ["branch", 1]),
    "a static method": (lambda: SHOP.static(1), [1]),
    "a static method of the class": (lambda: Shop.static.submit(1).result(), [1]),
    "a static method the other way round": (lambda: SHOP.static_outside(1), [1]),
    "with options": (lambda: SHOP.load.with_options(name="other")(1), ["a", 1, 10]),
}


@pytest.mark.parametrize(("call", "value"), TASKS.values(), ids=TASKS)
def test_a_method_is_a_task(client: LocalClient, call: Callable[[], Any], value: list[Any]) -> None:
    assert flow(name="outer")(call)() == value
    (made,) = [one for one in tasks_of(client).values() if one.dynamic_key == "0"]
    assert made.state.is_completed()


FLOWS: dict[str, tuple[Callable[[], Any], list[Any]]] = {
    "called": (lambda: SHOP.nightly(1), ["a", 1, 10]),
    "another object": (lambda: OTHER.nightly(1), ["b", 1, 10]),
    "async": (lambda: asyncio.run(SHOP.anightly(1)), ["a", 1]),
    "a class method": (lambda: Branch.weekly(1), ["branch", 1]),
    "a static method": (lambda: SHOP.yearly(1), [1]),
    "with options": (lambda: SHOP.nightly.with_options(name="other")(1), ["a", 1, 10]),
}


@pytest.mark.parametrize(("call", "value"), FLOWS.values(), ids=FLOWS)
def test_a_method_is_a_flow_and_its_object_is_no_parameter(
    client: LocalClient, call: Callable[[], Any], value: list[Any]
) -> None:
    assert call() == value
    assert only_run(client).parameters == {"day": 1}


def test_a_method_says_what_it_takes(client: LocalClient) -> None:
    with pytest.raises(ParameterError, match=r"Task 'load' cannot be called like this.*It takes \(day: int"):
        SHOP.load()  # type: ignore[call-overload]
    assert isinstance(Shop.load, Task)
    assert (SHOP.load.name, SHOP.load.__doc__, SHOP.load.__name__) == ("load", "Loads.", "load")
    assert SHOP.load.task_key == Shop.load.task_key


def test_a_hook_of_a_method_is_a_hook_for_every_object(client: LocalClient) -> None:
    told: list[str] = []

    class Counter:
        @task
        def count(self) -> int:
            return 1

        @count.on_completion
        def _(self, run: Any, state: Any) -> None:
            told.append(run.name)

    Counter().count()
    Counter().count.submit().result()
    assert told == ["count-0", "count-0"]


# -- other callables ------------------------------------------------------------------------------------------------


class Adder:
    def __init__(self, n: int) -> None:
        self.n = n

    def __call__(self, m: int) -> int:
        return self.n + m


class AsyncAdder(Adder):
    async def __call__(self, m: int) -> int:  # type: ignore[override]
        return self.n + m


def plus(a: int, b: int) -> int:
    return a + b


@pytest.mark.parametrize(
    ("fn", "name"),
    [(Adder(1), "Adder"), (functools.partial(plus, 1), "plus"), (functools.partial(plus, b=1), "plus")],
    ids=["an object", "a partial", "a partial by keyword"],
)
def test_whatever_can_be_called_is_a_task(client: LocalClient, fn: Any, name: str) -> None:
    made = task(fn)
    assert (made(2), made.submit(2).result(), made.name) == (3, 3, name)


def test_an_object_whose_call_is_async_is_an_async_task(client: LocalClient) -> None:
    made = task(AsyncAdder(1))
    assert made.is_async
    assert asyncio.run(made(2)) == made.submit(2).result() == 3


def test_a_flow_of_a_task_is_of_its_kind(client: LocalClient) -> None:
    later = task(name="later")(AsyncAdder(1))
    assert asyncio.run(flow(name="outer")(later)(2)) == 3
    assert list(flow(name="outer")(task(name="numbers")(count))(2)) == [0, 1]
    assert flow(name="outer")(task(name="plus")(plus))(1, 2) == 3


# -- generators -----------------------------------------------------------------------------------------------------


def count(to: int) -> Iterator[int]:
    yield from range(to)
    return "all"  # type: ignore[return-value]


async def acount(to: int) -> AsyncIterator[int]:
    for n in range(to):
        await asyncio.sleep(0)
        yield n


async def collected(items: Any) -> list[Any]:
    return [item async for item in items]


@pytest.mark.parametrize("make", [flow, task])
def test_a_generator_hands_on_its_items_as_they_come(client: LocalClient, make: Any) -> None:
    seen: list[Any] = []
    made = make(name="numbers")(count)
    for number in made(3):
        runs = runs_of(client, "numbers") if make is flow else list(tasks_of(client).values())
        seen.append((number, runs[0].state.name))
    assert seen == [(0, "Running"), (1, "Running"), (2, "Running")]
    run = runs_of(client, "numbers")[0] if make is flow else next(iter(tasks_of(client).values()))
    assert run.state.name == "Completed"


@pytest.mark.parametrize("make", [flow, task])
def test_an_async_generator_hands_on_its_items_as_they_come(client: LocalClient, make: Any) -> None:
    made = make(name="numbers")(acount)
    assert asyncio.run(collected(made(3))) == [0, 1, 2]
    run = runs_of(client, "numbers")[0] if make is flow else next(iter(tasks_of(client).values()))
    assert run.state.name == "Completed"


@pytest.mark.parametrize("fn", [count, acount], ids=["sync", "async"])
def test_where_nobody_takes_the_items_they_are_a_list(client: LocalClient, fn: Any) -> None:
    made = task(name="numbers")(fn)

    @flow
    def outer() -> list[Any]:
        return [made.submit(3).result(), made.map([1, 2]).result()]

    assert outer() == [[0, 1, 2], [[0], [0, 1]]]
    state = made(2, return_state=True)
    assert (asyncio.run(state) if fn is acount else state).result() == [0, 1]
    whole = flow(name="outer")(fn)(2, return_state=True)
    assert (asyncio.run(whole) if fn is acount else whole).result() == [0, 1]


def test_a_generator_that_nobody_asks_for_an_item_has_no_run(client: LocalClient) -> None:
    task(name="numbers")(count)(3)
    assert tasks_of(client) == {}


def test_a_generator_gives_its_return_value_and_takes_what_is_sent(client: LocalClient) -> None:
    @task
    def echo() -> Any:
        got = yield 1
        try:
            yield got
        except KeyError as error:
            yield f"caught {error}"
        return "end"

    items = echo()
    assert next(items) == 1
    assert items.send("sent") == "sent"
    assert items.throw(KeyError("x")) == "caught 'x'"
    with pytest.raises(StopIteration) as stop:
        next(items)
    assert stop.value.value == "end"
    assert tasks_of(client)["echo-0"].state.is_completed()


@pytest.mark.parametrize("is_async", [False, True])
def test_a_generator_that_is_left_early_is_closed_and_has_completed(client: LocalClient, is_async: bool) -> None:
    closed: list[bool] = []

    @task(name="numbers")
    def sync() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            closed.append(True)

    @task(name="numbers")
    async def async_() -> AsyncIterator[int]:
        try:
            for n in range(100):
                yield n
        finally:
            closed.append(True)

    async def first() -> int:
        items = async_()
        number = await anext(items)
        await items.aclose()  # type: ignore[attr-defined]
        return number

    if is_async:
        assert asyncio.run(first()) == 0
    else:
        items = sync()
        assert next(items) == 0
        items.close()  # type: ignore[attr-defined]
    assert closed == [True]
    assert tasks_of(client)["numbers-0"].state.is_completed()


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("make", [flow, task])
def test_a_generator_that_raises_has_failed(client: LocalClient, make: Any, is_async: bool) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("no rows")

    async def abroken() -> AsyncIterator[int]:
        yield 1
        raise ValueError("no rows")

    items = make(name="numbers")(abroken if is_async else broken)()
    with pytest.raises(ValueError, match="no rows"):
        asyncio.run(collected(items)) if is_async else list(items)
    run = runs_of(client, "numbers")[0] if make is flow else next(iter(tasks_of(client).values()))
    assert run.state.name == "Failed"


def test_a_generator_that_is_tried_again_begins_anew(client: LocalClient) -> None:
    attempts = iter([1, 2])

    @task(retries=1)
    def numbers() -> Iterator[int]:
        attempt = next(attempts)
        yield attempt
        if attempt == 1:
            raise ValueError

    assert list(numbers()) == [1, 2]
    assert tasks_of(client)["numbers-0"].run_count == 2


def test_between_two_items_the_consumer_is_not_a_part_of_the_run(client: LocalClient) -> None:
    inner = task(name="inner")(lambda: None)

    @flow
    def numbers() -> Iterator[int]:
        inner()
        yield 1
        inner()
        yield 2

    for _ in numbers():
        inner()  # by itself, in no flow
    run = only_run(client)
    assert sorted(tasks_of(client, run)) == ["inner-0", "inner-1"]
    assert len(client.list_task_runs().items) == 4


def test_a_generator_runs_in_its_flow(client: LocalClient) -> None:
    numbers, double = task(name="numbers")(count), task(name="double")(lambda n: 2 * n)

    @flow
    def outer() -> list[int]:
        return [double(n) for n in numbers(3)]

    assert outer() == [0, 2, 4]
    assert sorted(tasks_of(client, only_run(client))) == ["double-0", "double-1", "double-2", "numbers-0"]


@pytest.mark.parametrize("is_async", [False, True])
def test_the_time_that_its_consumer_takes_does_not_count(client: LocalClient, is_async: bool) -> None:
    import time

    from flowtui.engine.errors import RunTimeout

    def spin() -> Iterator[int]:
        yield 1
        end = time.monotonic() + 20
        while time.monotonic() < end:
            pass
        yield 2

    async def aspin() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(20)
        yield 2

    made = task(name="numbers", timeout_seconds=0.1)(aspin if is_async else spin)

    async def walk() -> None:
        items = made()
        assert await anext(items) == 1
        await asyncio.sleep(0.15)
        await anext(items)

    with pytest.raises(RunTimeout, match=r"its timeout of 0\.1 second"):
        if is_async:
            asyncio.run(walk())
        else:
            items = iter(made())
            assert next(items) == 1
            time.sleep(0.15)
            next(items)
    assert tasks_of(client)["numbers-0"].state.name == "TimedOut"


# -- options --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [flow, task])
def test_an_argument_that_does_not_exist_is_refused_with_the_nearest_that_does(make: Any) -> None:
    with pytest.raises(ParameterError, match=r"has no argument 'retires'; did you mean 'retries'\?"):
        make(retires=3)
    with pytest.raises(ParameterError, match=r"with_options of .* has no argument 'zzz'; it takes .*, name, "):
        make(plus).with_options(zzz=3)
    with pytest.raises(TypeError):
        make(plus).with_options(retires=3)


@pytest.mark.parametrize(("made", "names"), [(Flow, "FlowOptions"), (Task, "TaskOptions")])
def test_editors_and_python_know_the_same_arguments(made: Any, names: str) -> None:
    import inspect

    from flowtui.engine import options

    known = [name for name in inspect.signature(made).parameters if name != "fn"]
    assert known == list(getattr(options, names).__annotations__)


@pytest.mark.parametrize("parameter", ["return_state", "wait_for"])
@pytest.mark.parametrize("make", [flow, task])
def test_a_parameter_with_a_name_of_our_own_is_refused(make: Any, parameter: str) -> None:
    namespace: dict[str, Any] = {}
    exec(f"def fn({parameter}): ...", namespace)
    with pytest.raises(UsageError, match=f"has a parameter named '{parameter}'"):
        make(namespace["fn"])


def test_a_decorator_with_arguments_may_be_called_with_the_function(client: LocalClient) -> None:
    assert flow(plus, name="sum")(1, 2) == task(plus, name="sum")(1, 2) == 3
    assert runs_of(client, "sum")


def test_the_version_of_a_flow_is_a_hash_of_its_file_unless_it_is_given() -> None:
    one, two = flow(plus), flow(name="other")(count)
    assert one.version == two.version is not None
    assert flow(plus, version="7").version == "7"
    assert flow(len).version is None


def test_parameters_are_written_as_a_run_keeps_them() -> None:
    from datetime import date

    made = flow(lambda a, b: None)
    assert made.serialize_parameters({"a": date(2026, 11, 20), "b": {1, 2}}) == {"a": "2026-11-20", "b": [1, 2]}
    thing = object()
    assert made.serialize_parameters({"a": thing}) == {"a": repr(thing)}
