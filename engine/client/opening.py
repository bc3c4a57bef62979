"""Open the client for some settings: the one place that knows which kinds of client there are."""

from typing import TYPE_CHECKING

from flowtui.engine.addresses import without_password
from flowtui.engine.errors import UsageError

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.settings import Settings

__all__ = ["open_client"]


def open_client(settings: "Settings") -> "Client":
    """A client on what the settings name; whoever opens it closes it. May wait for as long as a server lets it.

    Raises `StoreError` when it cannot be opened, and `UsageError` for an address that this version cannot use.
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

    return LocalClient.open(settings)
