"""The program of an embedded backend (`python -m flowtui.server.embedded_main`); the terminal starts it."""

import asyncio
import logging
import os
import sys

from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import Backend
from flowtui.engine.settings import current_settings
from flowtui.server.backend import BackendProcess, serve
from flowtui.server.embedded import LEAVE, log_file
from flowtui.server.speech import speak_into

__all__ = ["main"]

log = logging.getLogger("flowtui.server")


class _Terminal(asyncio.Protocol):
    """Hears the terminal through standard input: its end ends the backend, unless it said that it leaves."""

    def __init__(self, backend: BackendProcess) -> None:
        self._backend = backend
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        self._heard = (self._heard + data)[-100:]

    def connection_lost(self, error: Exception | None) -> None:
        if LEAVE in self._heard:
            self._backend.leave()
        else:
            log.info("The terminal has ended, and so does its backend.")
            self._backend.stop()


async def _listen(backend: BackendProcess) -> None:
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _Terminal(backend), os.fdopen(0, "rb", buffering=0))


def _up(me: Backend, store: str) -> None:
    log.info("The embedded backend %d serves %s.", me.pid, store)


def main() -> int:
    """Serve until the terminal has gone; answers with an exit code."""
    settings = current_settings()
    speak_into(log_file(settings))
    try:
        asyncio.run(serve(settings, embedded=True, control=_listen, when_up=_up))
    except FlowtuiError as error:
        log.error("%s", error)
        return 1
    except BaseExceptionGroup as group:
        log.critical("The backend ended because of an error of its own.", exc_info=group)
        return 1
    log.info("The embedded backend %d has stopped.", os.getpid())
    return 0


if __name__ == "__main__":
    sys.exit(main())
