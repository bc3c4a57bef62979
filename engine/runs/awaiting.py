"""Wait for a coroutine in code that awaits nothing."""

import contextvars
import threading
from collections.abc import Awaitable
from typing import Any

__all__ = ["beside", "run_to_end"]


def run_to_end(awaitable: Awaitable[Any]) -> Any:
    """What it gives, or raise what it raises. Where a loop runs in this thread already, in a thread beside it."""
    import asyncio  # noqa: PLC0415 - 40 ms that a sync program need not pay

    async def whole() -> Any:
        return await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(whole())
    return beside(lambda: asyncio.run(whole()))


def beside(work: Any) -> Any:
    """Do the work in a thread of its own, in this context, and wait for it."""
    outcome: list[Any] = []
    raised: list[BaseException] = []
    context = contextvars.copy_context()

    def carry_out() -> None:
        try:
            outcome.append(context.run(work))
        except BaseException as error:  # handed over to the thread that waits
            raised.append(error)

    thread = threading.Thread(target=carry_out, name="flowtui-awaiting", daemon=True)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return outcome[0]
