"""What can be done to a work pool or a queue from any screen. The subject is fixed when the key is pressed."""

from typing import TYPE_CHECKING

from flowtui.engine.errors import FlowtuiError, WorkPoolError
from flowtui.engine.pools import WorkPool, WorkQueue

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["pause_or_resume", "set_limit"]


async def pause_or_resume(app: "FlowtuiApp", one: WorkPool | WorkQueue) -> None:
    """Resume it; or ask for a note, and pause it. Await it in a worker."""
    note: str | None = None
    if not one.is_paused:
        from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is shown

        note = await app.push_screen_wait(PromptScreen(f"Pause {_the(one)}?", hint="why, if you like", done="pause"))
        if note is None:
            return
    try:
        if isinstance(one, WorkPool):
            await app.call(app.client.pause_work_pool, one.name, paused=not one.is_paused, note=note or None)
        else:
            await app.call(
                app.client.pause_work_queue, one.pool_name, one.name, paused=not one.is_paused, note=note or None
            )
    except FlowtuiError as error:
        app.notify_error(error)
        return
    what = "hands out runs again" if one.is_paused else "is paused; what is under way goes on"
    app.tell(f"{_the(one, capital=True)} {what}.")


async def set_limit(app: "FlowtuiApp", one: WorkPool | WorkQueue) -> None:
    """Ask how many of its runs may be under way at once. Await it in a worker."""
    from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is shown

    now = "" if one.concurrency_limit is None else str(one.concurrency_limit)
    question = f"How many runs of {_the(one)} at once?"
    text = await app.push_screen_wait(PromptScreen(question, value=now, hint="empty: as many as there are", done="set"))
    if text is None:
        return
    try:
        changes = {"concurrency_limit": _number(text)}
        if isinstance(one, WorkPool):
            await app.call(app.client.update_work_pool, one.name, changes)
        else:
            await app.call(app.client.update_work_queue, one.pool_name, one.name, changes)
    except FlowtuiError as error:
        app.notify_error(error)
        return
    app.tell(f"{_the(one, capital=True)}: {f'at most {text} at once' if text else 'no limit'}.")


def _number(text: str) -> int | None:
    """Raises `WorkPoolError`."""
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise WorkPoolError(f"A concurrency limit is a number of runs, 0 or more, not {text!r}.") from None


def _the(one: WorkPool | WorkQueue, *, capital: bool = False) -> str:
    if isinstance(one, WorkPool):
        return f"{'Pool' if capital else 'pool'} {one.name}"
    return f"{'Queue' if capital else 'queue'} {one.name} of pool {one.pool_name}"
