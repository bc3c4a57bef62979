"""The client of this process: opened at the first use, closed when the process ends."""

import atexit
import os
import threading
from typing import TYPE_CHECKING

from flowtui.engine.errors import UsageError
from flowtui.engine.settings import current_settings

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["close_current_client", "current_client", "exchange_client", "use_client"]

_lock = threading.Lock()
_client: "Client | None" = None
_pid: int | None = None


def current_client() -> "Client":
    """The one client of this process. Raises `StoreError` when the store cannot be opened.

    A forked child opens its own: a database connection does not survive a fork.
    """
    global _client, _pid
    ready = _client
    if ready is not None and _pid == os.getpid():
        return ready
    with _lock:
        if _client is None or _pid != os.getpid():
            settings = current_settings()
            if settings.api_url is not None:
                raise UsageError(
                    f"FLOWTUI_API_URL is {settings.api_url}, but this version cannot use a remote server yet. "
                    "Unset it to use the store in FLOWTUI_HOME, or set FLOWTUI_DATABASE_URL."
                )
            from flowtui.engine.client.local import LocalClient  # noqa: PLC0415 - 200 ms of SQLAlchemy, at the first run

            _client, _pid = LocalClient.open(settings), os.getpid()
            atexit.register(close_current_client)
        return _client


def use_client(client: "Client") -> None:
    """Make `client` the one of this process, in the place of the one that would be opened."""
    global _client, _pid
    with _lock:
        _client, _pid = client, os.getpid()


def exchange_client(client: "Client | None") -> "Client | None":
    """`use_client` for a while: answers the one that was there, which stays open, to be put back."""
    global _client, _pid
    with _lock:
        before = _client if _pid == os.getpid() else None
        _client, _pid = client, os.getpid()
        return before


def close_current_client() -> None:
    """Write everything that is waiting and forget the client; the next use opens it again."""
    global _client
    with _lock:
        client, _client = _client, None
    if client is not None and _pid == os.getpid():
        client.close()
