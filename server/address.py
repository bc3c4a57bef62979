"""Where the server listens: a socket, or a sentence that says why not."""

import errno
import socket
from typing import Final

from flowtui.engine.errors import FlowtuiError

__all__ = ["AddressError", "bind", "url_of"]

_BACKLOG: Final = 2048


class AddressError(FlowtuiError):
    """The server cannot listen where it was told to."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any that is free. Raises `AddressError` with a sentence for a person."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressError(f"{host!r} is no address of this machine: {error.strerror}.") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise AddressError(_why_not(host, port, error)) from error
    listening.setblocking(False)
    return listening


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use by another program, perhaps another flowtui server. "
            f"Stop that one, or give another port: --port {port + 1 if port < 65535 else 4200}."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} on {host} may not be used by this user. Ports below 1024 need special rights: --port 4200."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."


def url_of(listening: socket.socket) -> str:
    """The address of the API that is served on a socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/api" if ":" in host else f"http://{host}:{port}/api"
