"""Runs whose function is a generator: the driver that hands its items on as they come, once sync and once async."""

import contextvars
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from flowtui.engine.runs.drivers import await_step, do_step
from flowtui.engine.runs.signals import follow_flow_task, set_flow_task
from flowtui.engine.runs.steps import Call, Outcome, Raised, Returned, Step
from flowtui.engine.timeouts import async_time_limit, call_within

__all__ = ["Streamed", "async_items_of", "items_of"]

Items = Generator[Any, Any, Any]
AsyncItems = AsyncGenerator[Any, Any]

_END: Final = object()
_LEAST_SECONDS: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Streamed:
    """A run as these drivers need it."""

    steps: Generator[Step, Any, Any]
    effects: Any
    call: Callable[[], Any]
    """Makes the user's generator."""
    around: Callable[[], AbstractContextManager[Any]]
    """What surrounds the run as a whole."""
    finish: Callable[[Any], Any]
    """From what the steps return to what the generator returns, or raise."""


# -- sync -------------------------------------------------------------------------------------------------------------


def items_of(begin: Callable[[], Streamed]) -> Items:
    """The items of a run that begins when the first one is asked for.

    The run has a context of its own, so that between two items its consumer is not taken for a part of it.
    """
    context = contextvars.copy_context()
    items = _items(begin)
    action: Callable[[], Any] = items.__next__
    while True:
        try:
            item = context.run(action)
        except StopIteration as stop:
            return stop.value
        try:
            sent = yield item
        except GeneratorExit:
            context.run(items.close)
            raise
        except BaseException as error:
            action = partial(items.throw, error)
        else:
            action = partial(items.send, sent)


def _items(begin: Callable[[], Streamed]) -> Items:
    run = begin()
    ended: list[Any] = []
    with run.around():
        try:
            yield from _drive(run, ended)
        except GeneratorExit:  # which `yield from` raises when it has closed the other, whatever that has made of it
            if not ended:
                raise
        return run.finish(ended[0])


def _drive(run: Streamed, ended: list[Any]) -> Items:
    """Carry out the steps; what they return goes to `ended`."""
    reply: Any
    try:
        step = next(run.steps)
        while True:
            try:
                if isinstance(step, Call):
                    try:
                        reply = yield from _captured(run.call, run.effects)
                    except GeneratorExit:  # the consumer wants no more, which is a good end too
                        reply = Returned(None)
                else:
                    reply = do_step(step, run.effects)
            except BaseException as error:  # the steps decide what an interrupt or a lost store means
                step = run.steps.throw(error)
            else:
                step = run.steps.send(reply)
    except StopIteration as stop:
        ended.append(stop.value)


def _captured(call: Callable[[], Any], effects: Any) -> Generator[Any, Any, Outcome]:
    """What became of the function."""
    budget = _Budget(effects)
    try:
        items = call()
        action: Callable[[], Any] = items.__next__
        while True:
            item = budget.spent_on(action)
            try:
                sent = yield item
            except GeneratorExit:
                raise
            except BaseException as error:
                action = partial(items.throw, error)
            else:
                action = partial(items.send, sent)
    except StopIteration as stop:
        return Returned(stop.value)
    except GeneratorExit:
        items.close()
        raise
    except BaseException as error:  # recorded as a state, and raised again by whoever asked for the run
        return Raised(error)


# -- async ------------------------------------------------------------------------------------------------------------


async def async_items_of(begin: Callable[[], Streamed]) -> AsyncItems:
    """`items_of` for async generators."""
    context = contextvars.copy_context()
    context.run(follow_flow_task)
    items = _async_items(begin)
    action: Callable[[], Awaitable[Any]] = items.__anext__
    while True:
        item = await _within(context, action)
        if item is _END:
            return
        try:
            sent = yield item
        except GeneratorExit:
            await _within(context, items.aclose)
            raise
        except BaseException as error:
            action = partial(items.athrow, error)
        else:
            action = partial(items.asend, sent)


async def _within(context: contextvars.Context, action: Callable[[], Awaitable[Any]]) -> Any:
    """Await an action in a context; the end of an async generator is `_END`."""
    import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

    async def step() -> Any:
        set_flow_task(asyncio.current_task())
        try:
            return await action()
        except StopAsyncIteration:
            return _END

    return await asyncio.get_running_loop().create_task(step(), context=context)


async def _async_items(begin: Callable[[], Streamed]) -> AsyncItems:
    run = begin()
    with run.around():
        reply: Any = None
        failed: BaseException | None = None
        while True:
            try:
                step = run.steps.send(reply) if failed is None else run.steps.throw(failed)
            except StopIteration as stop:
                run.finish(stop.value)
                return
            reply, failed = None, None
            try:
                if not isinstance(step, Call):
                    reply = await await_step(step, run.effects, run.call)
                    continue
                source = _Source(run.call, run.effects)
                while (item := await source.take()) is not _END:
                    try:
                        source.sends((yield item))
                    except GeneratorExit:
                        await source.close()
                    except BaseException as error:
                        source.throws(error)
                reply = source.outcome
            except BaseException as error:
                failed = error


class _Source:
    """The user's async generator, and what became of it."""

    def __init__(self, call: Callable[[], Any], effects: Any) -> None:
        self._call, self._budget = call, _Budget(effects)
        self._items: Any = None
        self._action: Callable[[], Awaitable[Any]] | None = None
        self.outcome: Outcome | None = None

    def sends(self, value: Any) -> None:
        self._action = partial(self._items.asend, value)

    def throws(self, error: BaseException) -> None:
        self._action = partial(self._items.athrow, error)

    async def take(self) -> Any:
        """The next item; `_END` when the outcome is known."""
        if self.outcome is not None:
            return _END
        try:
            if self._action is None:
                self._items = self._call()
                self._action = self._items.__anext__
            async with self._budget.aspent():
                return await self._action()
        except StopAsyncIteration:
            self.outcome = Returned(None)
        except BaseException as error:  # recorded as a state, and raised again by whoever asked for the run
            self.outcome = Raised(error)
        return _END

    async def close(self) -> None:
        """The consumer wants no more, which is a good end too."""
        await self._items.aclose()
        self.outcome = Returned(None)


class _Budget:
    """The time that a function may take in all; what its consumer does between two items does not count."""

    def __init__(self, effects: Any) -> None:
        self._all = self._left = effects.timeout
        self._log = effects.log

    def _say(self, words: str) -> None:
        self._log(logging.WARNING, words, None)

    def spent_on(self, action: Callable[[], Any]) -> Any:
        if self._left is None:
            return action()
        begun = time.monotonic()
        item = call_within(self._left, action, told=self._all, blocked=self._say)
        self._left = max(self._left - (time.monotonic() - begun), _LEAST_SECONDS)
        return item

    @asynccontextmanager
    async def aspent(self) -> AsyncIterator[None]:
        if self._left is None:
            yield
            return
        begun = time.monotonic()
        async with async_time_limit(self._left, told=self._all):
            yield
        self._left = max(self._left - (time.monotonic() - begun), _LEAST_SECONDS)
