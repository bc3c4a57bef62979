"""A worker's health over HTTP: `GET /health` answers 200 while it is well, else 503."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from flowtui.server.address import bind

__all__ = ["answering"]

Report = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Whether it is well, and more about that as JSON values."""

_PATIENCE: Final = 5.0
_LONGEST: Final = 16_384


@asynccontextmanager
async def answering(host: str, port: int, report: Report) -> AsyncIterator[str]:
    """Within the block `/health` is answered; gives its address. Raises `AddressError`.

    One path and two answers need no web framework, which takes longer to load than all else of a worker.
    """
    listening = bind(host, port)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
            writer.write(_answer(head, report))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, sock=listening, limit=_LONGEST)
    async with server:
        yield _url(listening)


def _answer(head: bytes, report: Report) -> bytes:
    method, _, rest = head.decode("latin-1").partition(" ")
    path = rest.split(" ", 1)[0].split("?", 1)[0]
    if path != "/health":
        return _response("404 Not Found", {"error": "There is only /health."})
    if method not in ("GET", "HEAD"):
        return _response("405 Method Not Allowed", {"error": "Ask with GET."})
    is_well, more = report()
    return _response("200 OK" if is_well else "503 Service Unavailable", more, empty=method == "HEAD")


def _response(status: str, values: Mapping[str, Any], *, empty: bool = False) -> bytes:
    body = json.dumps(values).encode()
    head = (f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close")
    return "\r\n".join((*head, "", "")).encode() + (b"" if empty else body)


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/health"
