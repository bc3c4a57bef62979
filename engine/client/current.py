"""The client of this process: opened at the first use, closed when the process ends."""

import atexit
import os
import threading
from typing import TYPE_CHECKING

from flowtui.engine.client.opening import open_client
from flowtui.engine.settings import current_settings

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["close_current_client", "current_client", "exchange_client", "use_client"]

_lock = threading.Lock()
_client: "Client | None" = None
_inherited: "list[Client]" = []


def current_client() -> "Client":
    """The one client of this process. Raises `StoreError` when the store cannot be opened.

    A forked child opens its own: a database connection does not survive a fork.
    """
    global _client
    ready = _client
    if ready is not None:
        return ready
    with _lock:
        if _client is None:
            _client = open_client(current_settings())
            atexit.register(close_current_client)
        return _client


def use_client(client: "Client") -> None:
    """Make `client` the one of this process, in the place of the one that would be opened."""
    exchange_client(client)


def exchange_client(client: "Client | None") -> "Client | None":
    """`use_client` for a while: answers the one that was there, which stays open, to be put back."""
    global _client
    with _lock:
        before, _client = _client, client
        return before


def close_current_client() -> None:
    """Write everything that is waiting and forget the client; the next use opens it again."""
    global _client
    with _lock:
        client, _client = _client, None
    if client is not None:
        client.close()


def _forget() -> None:
    """In a fork: its parent's client is neither used nor closed, nor is it let go of, which would close its files."""
    global _lock, _client
    _lock = threading.Lock()
    if _client is not None:
        _inherited.append(_client)
        _client = None


os.register_at_fork(after_in_child=_forget)
