"""The HTTP application and the server that serves it."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse

import flowtui

__all__ = ["HttpServer", "make_app"]

_SECONDS_TO_FINISH: Final = 3

Report = Callable[[], Mapping[str, Any]]


def make_app(report: Report) -> FastAPI:
    """The application. `report` answers with how the backend's parts are doing, as JSON values."""
    app = FastAPI(title="flowtui", version=flowtui.__version__, docs_url=None, redoc_url=None)

    @app.get("/api/health")
    async def health() -> bool:
        """True: somebody is at home."""
        return True

    @app.get("/api/version")
    async def version() -> str:
        """The version of flowtui that answers."""
        return flowtui.__version__

    @app.get("/api/flowtui/health")
    async def health_of_parts() -> JSONResponse:
        """How each service and the worker are doing."""
        return JSONResponse(report())

    return app


class HttpServer(uvicorn.Server):
    """uvicorn without its signal handling, which is the backend's business."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_SECONDS_TO_FINISH,
            )
        )
        self.up = asyncio.Event()
        """Set once it answers."""
        self._stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def main_loop(self) -> None:
        # uvicorn looks ten times a second whether to end, 0.3 % of a processor; all it must do is the Date header.
        seconds = 0
        while not await self.on_tick(seconds * 10):
            seconds += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1.0)

    def stop(self) -> None:
        """Answer what has been asked, then end."""
        self.should_exit = True
        self._stopping.set()
