"""Await what may hang for ever: in a thread that keeps nobody from leaving."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

__all__ = ["aside"]

T = TypeVar("T")


async def aside(function: Callable[[], T], unwanted: Callable[[T], None] | None = None) -> T:
    """What a function answers. The threads of `asyncio.to_thread` are waited for when a program ends; this one is not.

    `unwanted` gets an answer that nobody waits for any more, in the thread.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(answer: T | None, error: BaseException | None) -> None:
        if not future.done():
            future.set_exception(error) if error is not None else future.set_result(answer)  # type: ignore[arg-type]
        elif error is None and unwanted is not None:
            threading.Thread(target=unwanted, args=(answer,), name="flowtui-unwanted", daemon=True).start()

    def work() -> None:
        answer, error = None, None
        try:
            answer = function()
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop is closed: the program has been left
            loop.call_soon_threadsafe(settle, answer, error)

    threading.Thread(target=work, name="flowtui-aside", daemon=True).start()
    return await future
