"""Open the client for some settings: the one place that knows which kinds of client there are."""

import os
from typing import TYPE_CHECKING

from flowtui.engine.addresses import without_password
from flowtui.engine.errors import ReadOnly, UsageError

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.settings import Settings

__all__ = ["open_client", "require_writable"]


def open_client(settings: "Settings") -> "Client":
    """A client on what the settings name; whoever opens it closes it. May wait for as long as a server lets it.

    Where the settings say `read_only` it refuses what would change the store, and a store that is not there, or not of
    this version, is neither made nor migrated. Raises `StoreError` when it cannot be opened, and `UsageError` for an
    address that this version cannot use.
    """
    if settings.api_url is not None:
        where = without_password(settings.api_url)
        if settings.profile:
            who, instead = f"Profile {settings.profile!r} names the server {where}", "Give it a database_url for now."
        else:
            who = f"FLOWTUI_API_URL is {where}"
            instead = "Unset it to use the store in FLOWTUI_HOME, or set FLOWTUI_DATABASE_URL."
        raise UsageError(f"{who}, but this version cannot use a remote server yet. {instead}")
    from flowtui.engine.client.local import LocalClient  # noqa: PLC0415 - 200 ms of SQLAlchemy, at the first run

    if not settings.read_only:
        return LocalClient.open(settings)
    from flowtui.engine.client.read_only import read_only  # noqa: PLC0415 - only who asks for it

    return read_only(LocalClient.open(settings, as_it_is=True), _read_only_profile(settings))


def require_writable(settings: "Settings", what: str) -> None:
    """Raise `ReadOnly` where the settings let nothing be changed, for what opens a store of its own."""
    if settings.read_only:
        raise ReadOnly(what, _read_only_profile(settings))


def _read_only_profile(settings: "Settings") -> str:
    """The profile that makes the settings read-only; empty where it is the environment."""
    return "" if os.environ.get("FLOWTUI_READ_ONLY") else settings.profile
