"""What a type checker says of tasks and futures. Checked by `test_types.py`."""

from collections.abc import Iterator
from typing import Any, assert_type

from flowtui import (
    State,
    TaskFuture,
    TaskFutureList,
    as_completed,
    exponential_backoff,
    task,
    task_input_hash,
    unmapped,
    wait,
)


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task(retries=3, retry_delay_seconds=[1, 2.5], cache_key_fn=task_input_hash, tags=["a"])
def fetch(url: str) -> bytes:
    return url.encode()


@task(retries=2, retry_delay_seconds=exponential_backoff(2))
async def afetch(url: str) -> bytes:
    return url.encode()


@task
def anything(a: int) -> Any:
    return a


# -- called -----------------------------------------------------------------------------------------------------------

assert_type(add(1), int)
assert_type(fetch("x"), bytes)
assert_type(add(1, return_state=True), State)


async def awaits() -> None:
    assert_type(await afetch("x"), bytes)
    assert_type(await afetch("x", return_state=True), State)


assert_type(anything(1), Any)
anything(1)

# -- submitted --------------------------------------------------------------------------------------------------------

assert_type(add.submit(1), TaskFuture[int])
assert_type(afetch.submit("x"), TaskFuture[bytes])
assert_type(add.submit(1, wait_for=[add.submit(2)]), TaskFuture[int])
assert_type(afetch.submit("x", wait_for=[add.submit(2)]), TaskFuture[bytes])
assert_type(add.submit(1, return_state=True), State)
assert_type(add.submit(1).result(), int)
assert_type(afetch.submit("x").result(timeout=1.0), bytes)
assert_type(add.submit(1).state, State)
assert_type(add.submit(add.submit(1)), TaskFuture[int])

assert_type(anything.submit(1), TaskFuture[Any])
assert_type(anything.submit(1, return_state=True), State)

# -- mapped -----------------------------------------------------------------------------------------------------------

assert_type(add.map([1, 2]), TaskFutureList[int])
assert_type(afetch.map(["x"]), TaskFutureList[bytes])
assert_type(add.map([1, 2], b=unmapped(3)).result(), list[int])
assert_type(add.map([1, 2])[0], TaskFuture[int])
assert_type(add.map([1, 2], return_state=True), list[State])
assert_type(anything.map([1]), TaskFutureList[Any])

# -- futures ----------------------------------------------------------------------------------------------------------

futures = [add.submit(1), add.submit(2)]
assert_type(as_completed(futures), Iterator[TaskFuture[int]])
done, not_done = wait(futures, timeout=1)
assert_type(done, set[TaskFuture[Any]])

assert_type(add.with_options(name="plus")(1), int)
assert_type(add.fn(1), int)

add("1")  # type: ignore[call-overload]
task(retires=3)  # type: ignore[call-overload]
