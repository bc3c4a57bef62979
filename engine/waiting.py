"""Procedures that ask the store and wait: written once as generators, carried out by a thread or by an event loop."""

import concurrent.futures
import os
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

from flowtui.engine.errors import StoreError

if TYPE_CHECKING:
    import asyncio

    from flowtui.engine.client.protocol import Client

__all__ = ["News", "Procedure", "Rest", "Turn", "Verb", "acarry_out", "carry_out"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verb:
    """Call a verb of the client, which takes milliseconds. Reply: what it returns."""

    call: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class News:
    """Wait until something was committed since `seen`, for at most `seconds`. Reply: the number to pass next time."""

    client: "Client"
    seen: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Wait until the future is done, for at most `seconds` (None: as long as it takes). Reply: whether it is."""

    future: "concurrent.futures.Future[None]"
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Rest:
    """Let time pass. Reply: None."""

    seconds: float


_SLICE: Final = 0.25

Step = Verb | News | Turn | Rest
Procedure = Generator[Step, Any, T]


def carry_out(steps: Procedure[T]) -> T:
    """Carry out the steps by waiting in this thread; answer what the generator returns."""
    try:
        step = next(steps)
        while True:
            try:
                reply = _do(step)
            except BaseException as error:  # the generator may hold something that it has to give back
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as stop:
        answer: T = stop.value
        return answer


async def acarry_out(steps: Procedure[T]) -> T:
    """`carry_out` on an event loop: nothing blocks it."""
    try:
        step = next(steps)
        while True:
            try:
                reply = await _ado(step)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as stop:
        answer: T = stop.value
        return answer


def _do(step: Step) -> Any:
    match step:
        case Verb(call):
            return call()
        case News(client, seen, seconds):
            return client.wait(seen, seconds)
        case Turn(future, seconds):
            return _is_done_within(future, seconds)
        case Rest(seconds):
            time.sleep(seconds)
    return None


def _is_done_within(future: "concurrent.futures.Future[None]", seconds: float | None) -> bool:
    """Wait in slices: a thread that waits for a lock for long cannot be interrupted meanwhile."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not future.done():
        left = _SLICE if deadline is None else min(_SLICE, deadline - time.monotonic())
        if left <= 0:
            return False
        concurrent.futures.wait([future], left)
    return True


async def _ado(step: Step) -> Any:
    import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

    match step:
        case Verb(call):
            return await _to_its_end(asyncio.ensure_future(asyncio.to_thread(call)))
        case News(client, seen, seconds):
            return await _listener_of(client).wait(client, seen, seconds)
        case Turn(future, seconds):
            return bool((await asyncio.wait({asyncio.wrap_future(future)}, timeout=seconds))[0])
        case Rest(seconds):
            await asyncio.sleep(seconds)
    return None


async def _to_its_end(asking: "asyncio.Future[T]") -> T:
    """What it gives. Who is cancelled meanwhile hears of that when the verb is over: it may have taken something."""
    import asyncio  # noqa: PLC0415 - loaded by the caller

    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        await asyncio.wait({asking})
        if not asking.cancelled():
            asking.exception()  # it is of no interest any more
        raise


# -- news for coroutines: one thread listens for all of them ----------------------------------------------------------

_LISTEN_SECONDS: Final = 0.5
_BREATH: Final = 0.05

Waiting = tuple["asyncio.AbstractEventLoop", "asyncio.Future[None]"]


class _Listener:
    """The coroutines that wait for news of one client. Its thread ends when nobody waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Waiting] = set()
        self._listening = False
        self._number = 1

    async def wait(self, client: "Client", seen: int, seconds: float) -> int:
        """As the client's `wait`."""
        import asyncio  # noqa: PLC0415 - only coroutines come here

        loop = asyncio.get_running_loop()
        one: Waiting = (loop, loop.create_future())
        with self._lock:
            if self._number != seen:
                return self._number
            self._waiting.add(one)
            if not self._listening:
                self._listening = True
                threading.Thread(target=self._listen, args=(client,), name="flowtui-news", daemon=True).start()
        try:
            await asyncio.wait({one[1]}, timeout=seconds)
        finally:
            with self._lock:
                self._waiting.discard(one)
        return self._number

    def _listen(self, client: "Client") -> None:
        seen = 0
        while True:
            with self._lock:
                if not self._waiting:
                    self._listening = False
                    return
            before, begun = seen, time.monotonic()
            try:
                seen = client.wait(seen, _LISTEN_SECONDS)
            except StoreError:  # whoever asks the store next will be told
                before = -1
            if seen != before:
                self._tell()
            if time.monotonic() - begun < _BREATH:  # a store that is busy, out of order, or closed by now
                time.sleep(_BREATH)

    def _tell(self) -> None:
        with self._lock:
            self._number += 1
            waiting, self._waiting = self._waiting, set()
        for loop, future in waiting:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(_finish, future)


def _finish(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


_listeners: "WeakKeyDictionary[Client, _Listener]" = WeakKeyDictionary()
_making = threading.Lock()


def _listener_of(client: "Client") -> _Listener:
    with _making:
        return _listeners.setdefault(client, _Listener())


os.register_at_fork(after_in_child=_listeners.clear)  # a child has none of its parent's threads
