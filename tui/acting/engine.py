"""Start the engine of this terminal: what carries out schedules and runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from flowtui.tui.acting.calls import command
from flowtui.tui.acting.deed import Deed, Done

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["BackendHandle", "engine_deed"]


class BackendHandle(Protocol):
    """The embedded backend that this terminal started."""

    def is_running(self) -> bool:
        """False once it has ended, for whatever reason."""
        ...

    def stop(self) -> None:
        """End it, and the flow runs that it started."""
        ...

    def detach(self) -> None:
        """Let it finish what is under way, then end by itself."""
        ...


def engine_deed(starter: "Callable[[Client], Any]") -> Deed:
    """`starter` starts it, or answers None when somebody serves the store already. The same without this terminal is a
    server."""

    def do(client: "Client") -> Done:
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
