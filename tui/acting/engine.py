"""Start the engine of this terminal: what carries out schedules and runs."""

from collections.abc import Callable
from typing import Any

from flowtui.engine.client.protocol import Client
from flowtui.tui.acting.calls import command
from flowtui.tui.acting.deed import Deed, Done

__all__ = ["engine_deed"]


def engine_deed(starter: Callable[[Client], Any]) -> Deed:
    """`starter` starts it, or answers None when somebody serves the store already. The same without this terminal is a
    server."""

    def do(client: Client) -> Done:
        backend = starter(client)
        words = "Somebody serves the store already." if backend is None else "The engine is started."
        return Done(words=words, value=backend, lasting="it ends with this workstation")

    return Deed(
        title="Start the engine",
        command=command("server", "start"),
        python="from flowtui.engine.settings import current_settings\n"
        "from flowtui.server.backend import run\nrun(current_settings())",
        do=do,
    )
