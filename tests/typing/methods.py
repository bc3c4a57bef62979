"""What a type checker says of methods, generators, hooks and options. Checked by `test_types.py`."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any, assert_type

from flowtui import (
    ProcessPoolTaskRunner,
    SequentialTaskRunner,
    State,
    TaskFuture,
    TaskFutureList,
    ThreadPoolTaskRunner,
    allow_failure,
    flow,
    quote,
    task,
    unmapped,
)


class Shop:
    @task
    def load(self, day: int, limit: int = 10) -> list[str]:
        return []

    @task
    async def aload(self, day: int) -> bytes:
        return b""

    @flow(name="nightly")
    def nightly(self, day: int) -> int:
        return day

    @flow
    async def anightly(self, day: int) -> int:
        return day


shop = Shop()

# -- methods ----------------------------------------------------------------------------------------------------------

assert_type(shop.load(1), list[str])
assert_type(shop.load(1, limit=2), list[str])
assert_type(shop.load(1, return_state=True), State)
assert_type(shop.load.submit(1), TaskFuture[list[str]])
assert_type(shop.load.submit(1).result(), list[str])
assert_type(shop.load.map([1, 2]), TaskFutureList[list[str]])
assert_type(shop.load.with_options(retries=2)(1), list[str])
assert_type(shop.nightly(1), int)
assert_type(shop.nightly(1, return_state=True), State)
assert_type(Shop.load(shop, 1), list[str])


async def awaits() -> None:
    assert_type(await shop.aload(1), bytes)
    assert_type(await shop.anightly(1), int)
    assert_type(await shop.anightly(1, return_state=True), State)
    assert_type(await shop.load.submit(1), list[str])


shop.load("1")  # type: ignore[call-overload]
shop.load(shop, 1)  # type: ignore[call-overload]
shop.nightly()  # type: ignore[call-overload]

# -- generators -------------------------------------------------------------------------------------------------------


@task
def numbers(to: int) -> Generator[int, None, str]:
    yield to
    return ""


@task
def items(to: int) -> Iterator[int]:
    yield to


@task
async def anumbers(to: int) -> AsyncGenerator[int, None]:
    yield to


@flow
async def stream() -> AsyncIterator[int]:
    yield 1


assert_type(numbers(1), Generator[int, None, str])
assert_type(items(1), Iterator[int])
assert_type(numbers.submit(1), TaskFuture[list[int]])
assert_type(numbers.map([1]), TaskFutureList[list[int]])
assert_type(anumbers(1), AsyncGenerator[int, None])
assert_type(anumbers.submit(1).result(), list[int])
assert_type(stream(), AsyncIterator[int])

# -- hooks ------------------------------------------------------------------------------------------------------------


def note(made: Any, run: Any, state: State) -> None: ...


@flow(on_failure=[note], on_crashed=[note])
def hooked(n: int) -> int:
    return n


@hooked.on_failure
def told(made: Any, run: Any, state: State) -> str:
    return state.name


@hooked.on_cancellation
async def atold(made: Any, run: Any, state: State) -> None: ...


assert_type(told(1, 2, hooked(1, return_state=True)), str)
assert_type(hooked(1), int)

# -- options ----------------------------------------------------------------------------------------------------------

flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
flow(task_runner=ProcessPoolTaskRunner(max_workers=2))
flow(task_runner=SequentialTaskRunner)
task(retry_delay_seconds=[1, 2], retry_jitter_factor=0.5, retry_condition_fn=lambda made, run, state: True)
assert_type(task(str, name="x").name, str)
assert_type(flow(hooked.fn, name="x")(1), int)
assert_type(hooked.version, str | None)
assert_type(hooked.generate_mermaid_graph(1), str)
assert_type(hooked.serialize_parameters({"n": 1}), dict[str, Any])
assert_type(allow_failure(1).value, int)
assert_type(quote([1]).unquote(), list[int])
assert_type(unmapped("x").unwrap(), str)

hooked.with_options(retires=2)  # type: ignore[call-arg]
hooked.with_options(retries="2")  # type: ignore[arg-type]
shop.load.with_options(tag=["x"])  # type: ignore[call-arg]
flow(on_failure=note)  # type: ignore[call-overload]
