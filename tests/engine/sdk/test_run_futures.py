"""The future of a task run is one of the standard library's in all that is asked of it, and lighter."""

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from flowtui.engine.deadlocks import RunFuture, await_all, wait_for_all, wait_for_any

ASKING: dict[str, Callable[[RunFuture], Any]] = {
    "result": lambda future: future.result(20),
    "result without a limit": lambda future: future.result(),
    "exception": lambda future: future.exception(20) or 7,
    "wait": lambda future: concurrent.futures.wait([future], 20).done.pop().result(),
    "as completed": lambda future: next(concurrent.futures.as_completed([future], 20)).result(),
    "our own wait": lambda future: wait_for_all([future]) or future.result(),
    "our own wait for one": lambda future: next(iter(wait_for_any([future]))).result(),
    "awaited": lambda future: asyncio.run(await_all([future])) or future.result(),
    "wrapped": lambda future: asyncio.run(_wrapped(future)),
}


async def _wrapped(future: RunFuture) -> Any:
    return await asyncio.wait_for(asyncio.wrap_future(future), 20)


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
@pytest.mark.parametrize("when", ["before", "after", "at once"])
def test_whoever_asks_is_answered_whenever_it_ends(ask: Callable[[RunFuture], Any], when: str) -> None:
    for _ in range(20 if when == "at once" else 1):
        future = RunFuture()
        answers: list[Any] = []
        asking = threading.Thread(target=lambda future=future, answers=answers: answers.append(ask(future)))
        ending = threading.Thread(target=future.set_result, args=(7,))
        first, second = (asking, ending) if when == "before" else (ending, asking)
        first.start()
        if when == "after":
            first.join()
        second.start()
        for thread in (asking, ending):
            thread.join(20)
        assert answers == [7]


@pytest.mark.parametrize("count", [1, 50])
def test_a_callback_is_called_once_whenever_it_is_added(count: int) -> None:
    for _ in range(count):
        future = RunFuture()
        called: list[Any] = []
        adding = [threading.Thread(target=future.add_done_callback, args=(called.append,)) for _ in range(3)]
        ending = threading.Thread(target=future.set_result, args=(7,))
        for thread in (adding[0], ending, *adding[1:]):
            thread.start()
        for thread in (*adding, ending):
            thread.join(20)
        assert called == [future] * 3


@pytest.mark.parametrize("is_waited_for", [False, True])
def test_it_ends_once(is_waited_for: bool) -> None:
    future = RunFuture()
    if is_waited_for:
        future.add_done_callback(lambda _: None)
    future.set_result(1)
    with pytest.raises(concurrent.futures.InvalidStateError):
        future.set_result(2)
    assert (future.result(), future.done(), future.exception()) == (1, True, None)


def test_it_is_not_waited_for_longer_than_was_asked() -> None:
    future = RunFuture()
    for ask in (future.result, future.exception):
        with pytest.raises(TimeoutError):
            ask(0.001)
    wait_for_all([future], 0.001)
    assert not future.done()


def test_a_future_that_nobody_waits_for_is_small() -> None:
    def size(future: Any) -> int:
        return sys.getsizeof(future) + sys.getsizeof(vars(future)) + sum(map(sys.getsizeof, vars(future).values()))

    def deep(future: Any) -> int:
        condition = getattr(future, "_condition", None)
        return size(future) + sum(map(sys.getsizeof, vars(condition).values()))

    ended = RunFuture()
    ended.set_result(None)
    assert size(ended) < deep(concurrent.futures.Future()) / 2
