"""The two drivers: they carry out the steps of a run, one by waiting in the thread, one by awaiting (DESIGN D6)."""

import inspect
import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from flowtui.engine.clock import pause, pauses_for
from flowtui.engine.deadlocks import await_all, wait_for_all
from flowtui.engine.errors import LoopLost
from flowtui.engine.runs.awaiting import run_to_end
from flowtui.engine.runs.steps import Ask, Call, Do, Log, Outcome, Propose, Raised, Returned, Save, Sleep, Step, WaitFor
from flowtui.engine.states import State
from flowtui.engine.timeouts import async_time_limit, call_within

__all__ = ["Effects", "adrive", "await_step", "do_step", "drive", "wait_step"]

T = TypeVar("T")


class Effects(Protocol):
    """What the steps of a run are done with."""

    @property
    def timeout(self) -> float | None: ...

    def propose(self, state: State, result: str | None) -> Any: ...
    def save(self, run: Any) -> Any: ...
    def log(self, level: int, message: str, error: BaseException | None) -> Any: ...


def drive(steps: Generator[Step, Any, T], effects: Effects, call: Callable[[], Any]) -> T:
    """Carry out the steps in this thread; answer what the generator returns."""
    reply: Any
    try:
        step: Any = next(steps)
        while True:
            try:
                kind = type(step)  # told apart by identity, here and not in a function: there are seven for each task
                if kind is Do:
                    reply = step.effect()
                elif kind is Save:
                    reply = effects.save(step.run)
                elif kind is Call:
                    reply = _capture(call, effects.timeout, effects)
                elif kind is Log:
                    reply = effects.log(step.level, step.message, step.error)
                else:
                    reply = wait_step(step, effects)
            except BaseException as error:  # the generator decides what an interrupt or a lost store means
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as stop:
        answer: T = stop.value
        return answer


async def adrive(steps: Generator[Step, Any, T], effects: Effects, call: Callable[[], Awaitable[Any]]) -> T:
    """`drive` on an event loop: nothing blocks it."""
    try:
        step = next(steps)
        while True:
            try:
                reply = await await_step(step, effects, call)
            except GeneratorExit:
                _carry_to_the_end(steps, effects)
                raise
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as stop:
        answer: T = stop.value
        return answer


def _carry_to_the_end(steps: Generator[Step, Any, T], effects: Effects) -> None:
    """Nobody will carry this coroutine on: its loop was closed, or forgot it. The run can still say so."""
    with suppress(StopIteration):
        step = steps.throw(LoopLost())
        while True:
            step = steps.send(do_step(step, effects))


def do_step(step: Step, effects: Effects) -> Any:
    """Carry out any step but a call of the function, in this thread."""
    match step:
        case Do(effect):
            return effect()
        case Save(run):
            return effects.save(run)
        case Log(level, message, error):
            return effects.log(level, message, error)
    return wait_step(step, effects)


def wait_step(step: Step, effects: Effects) -> Any:
    """Steps that take their time, waited for in this thread."""
    match step:
        case Sleep(seconds):
            pause(seconds)
        case WaitFor(futures):
            wait_for_all(futures)
        case Propose(state, result):
            return effects.propose(state, result)
        case Ask(function):
            answer = function()
            return run_to_end(answer) if inspect.isawaitable(answer) else answer
    return None


async def await_step(step: Step, effects: Effects, call: Callable[[], Awaitable[Any]]) -> Any:
    import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

    match step:
        case Do(effect):
            return effect()
        case Save(run):
            return effects.save(run)
        case Log(level, message, error):
            return effects.log(level, message, error)
        case Call():
            return await _acapture(call, effects.timeout)
        case Sleep(seconds):
            await asyncio.sleep(pauses_for(seconds))
        case WaitFor(futures):
            await await_all(futures)
        case Propose(state, result):
            return await asyncio.shield(asyncio.to_thread(effects.propose, state, result))
        case Ask(function):
            answer = function()
            return await answer if inspect.isawaitable(answer) else answer
    return None


def _capture(call: Callable[[], Any], timeout: float | None, effects: Effects) -> Outcome:
    """Whatever the function does becomes a value: also interrupts, which the run has to record before it passes on."""
    try:
        if timeout is None:
            return Returned(call())
        return Returned(call_within(timeout, call, blocked=lambda words: effects.log(logging.WARNING, words, None)))
    except BaseException as error:  # recorded as a state, and raised again by whoever asked for the run
        return Raised(error)


async def _acapture(call: Callable[[], Awaitable[Any]], timeout: float | None) -> Outcome:
    try:
        if timeout is None:
            return Returned(await call())
        async with async_time_limit(timeout):
            return Returned(await call())
    except GeneratorExit:  # see adrive
        raise
    except BaseException as error:
        return Raised(error)
