"""The two drivers: they carry out the steps of a run, one by waiting in the thread, one by awaiting (DESIGN D6)."""

import concurrent.futures
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Protocol, TypeVar

from flowtui.engine.runs.steps import Call, Do, Log, Outcome, Propose, Raised, Returned, Save, Sleep, Step, WaitFor
from flowtui.engine.states import State
from flowtui.engine.timeouts import async_time_limit, time_limit

__all__ = ["Effects", "adrive", "drive"]

T = TypeVar("T")


class Effects(Protocol):
    """What the steps of a run are done with."""

    @property
    def timeout(self) -> float | None: ...

    def propose(self, state: State, result: str | None) -> Any: ...
    def save(self, run: Any) -> None: ...
    def log(self, level: int, message: str, error: BaseException | None) -> None: ...


def drive(steps: Generator[Step, Any, T], effects: Effects, call: Callable[[], Any]) -> T:
    """Carry out the steps in this thread; answer what the generator returns."""
    try:
        step = next(steps)
        while True:
            try:
                reply = _do(step, effects, call)
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
                reply = await _ado(step, effects, call)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as stop:
        answer: T = stop.value
        return answer


def _do(step: Step, effects: Effects, call: Callable[[], Any]) -> Any:
    match step:
        case Call():
            return _capture(call, effects.timeout)
        case Sleep(seconds):
            time.sleep(seconds)
        case WaitFor(futures):
            concurrent.futures.wait(futures)
        case Propose(state, result):
            return effects.propose(state, result)
        case _:
            return _quick(step, effects)
    return None


async def _ado(step: Step, effects: Effects, call: Callable[[], Awaitable[Any]]) -> Any:
    import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

    match step:
        case Call():
            return await _acapture(call, effects.timeout)
        case Sleep(seconds):
            await asyncio.sleep(seconds)
        case WaitFor(futures):
            await asyncio.gather(*map(asyncio.wrap_future, futures), return_exceptions=True)
        case Propose(state, result):
            return await asyncio.shield(asyncio.to_thread(effects.propose, state, result))
        case _:
            return _quick(step, effects)
    return None


def _quick(step: Step, effects: Effects) -> Any:
    """Steps that take no time worth waiting for, the same for both drivers."""
    match step:
        case Save(run):
            return effects.save(run)
        case Log(level, message, error):
            return effects.log(level, message, error)
        case Do(effect):
            return effect()
    raise AssertionError(f"{step!r} is carried out by the drivers themselves")


def _capture(call: Callable[[], Any], timeout: float | None) -> Outcome:
    """Whatever the function does becomes a value: also interrupts, which the run has to record before it passes on."""
    try:
        if timeout is None:
            return Returned(call())
        with time_limit(timeout):
            return Returned(call())
    except BaseException as error:  # recorded as a state, and raised again by whoever asked for the run
        return Raised(error)


async def _acapture(call: Callable[[], Awaitable[Any]], timeout: float | None) -> Outcome:
    try:
        if timeout is None:
            return Returned(await call())
        async with async_time_limit(timeout):
            return Returned(await call())
    except BaseException as error:
        return Raised(error)
