"""What can be done to a work pool or a queue from any screen. The subject is fixed when the key is pressed."""

from typing import TYPE_CHECKING

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError, WorkPoolError
from flowtui.engine.pools import WorkPool, WorkQueue
from flowtui.tui.acting.calls import command, python
from flowtui.tui.acting.deed import Deed, Done

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["limit_deed", "pause_deed", "pause_or_resume", "set_limit"]


async def pause_or_resume(app: "FlowtuiApp", one: WorkPool | WorkQueue) -> None:
    """Resume it; or ask for a note, and pause it. Await it in a worker."""
    note: str | None = None
    if not one.is_paused:
        from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is shown

        note = await app.push_screen_wait(PromptScreen(f"Pause {_the(one)}?", hint="why, if you like", done="pause"))
        if note is None:
            return
    await app.acting.perform(pause_deed(one, paused=not one.is_paused, note=note or None))


def pause_deed(one: WorkPool | WorkQueue, *, paused: bool, note: str | None = None) -> Deed:
    """Have it hand out no runs, or again; the opposite takes it back."""
    what = "is paused; what is under way goes on" if paused else "hands out runs again"

    def do(client: Client) -> Done:
        if isinstance(one, WorkPool):
            client.pause_work_pool(one.name, paused=paused, note=note)
        else:
            client.pause_work_queue(one.pool_name, one.name, paused=paused, note=note)
        return Done(words=f"{_the(one, capital=True)} {what}.", back=pause_deed(one, paused=not paused))

    verb = "pause" if paused else "resume"
    noun, pool = ("work-pool", None) if isinstance(one, WorkPool) else ("work-queue", one.pool_name)
    call = ("pause_work_pool", one.name) if isinstance(one, WorkPool) else ("pause_work_queue", one.pool_name, one.name)
    return Deed(
        title=f"{verb.capitalize()} {_the(one)}",
        command=command(noun, verb, one.name, pool=pool, note=note),
        python=python(*call, paused=paused, note=note),
        do=do,
    )


async def set_limit(app: "FlowtuiApp", one: WorkPool | WorkQueue) -> None:
    """Ask how many of its runs may be under way at once. Await it in a worker."""
    from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is shown

    now = "" if one.concurrency_limit is None else str(one.concurrency_limit)
    question = f"How many runs of {_the(one)} at once?"
    text = await app.push_screen_wait(PromptScreen(question, value=now, hint="empty: as many as there are", done="set"))
    if text is None:
        return
    try:
        limit = _number(text)
    except FlowtuiError as error:
        app.notify_error(error)
        return
    await app.acting.perform(limit_deed(one, limit, one.concurrency_limit))


def limit_deed(one: WorkPool | WorkQueue, limit: int | None, before: int | None) -> Deed:
    """Say how many of its runs may be under way at once; None for any number. What was before takes it back."""

    def do(client: Client) -> Done:
        changes = {"concurrency_limit": limit}
        if isinstance(one, WorkPool):
            client.update_work_pool(one.name, changes)
        else:
            client.update_work_queue(one.pool_name, one.name, changes)
        words = f"{_the(one, capital=True)}: {'no limit' if limit is None else f'at most {limit} at once'}."
        return Done(words=words, back=limit_deed(one, before, limit))

    noun, pool = ("work-pool", None) if isinstance(one, WorkPool) else ("work-queue", one.pool_name)
    verb = "clear-concurrency-limit" if limit is None else "set-concurrency-limit"
    names = (one.name,) if limit is None else (one.name, str(limit))
    changes = {"concurrency_limit": limit}
    call = (
        ("update_work_pool", one.name, changes)
        if isinstance(one, WorkPool)
        else ("update_work_queue", one.pool_name, one.name, changes)
    )
    return Deed(
        title=f"{'Take the limit from' if limit is None else f'Limit to {limit} at once'} {_the(one)}",
        command=command(noun, verb, *names, pool=pool),
        python=python(*call),
        do=do,
    )


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
