"""Open the store that a backend or a worker serves."""

from typing import TYPE_CHECKING

from flowtui.engine.client.opening import require_writable
from flowtui.engine.errors import StoreError
from flowtui.engine.settings import Settings

if TYPE_CHECKING:
    from flowtui.engine.client.local import LocalClient

__all__ = ["open_store"]


def open_store(settings: Settings) -> "LocalClient":
    """Raises `StoreError` with a sentence for a person, and `ReadOnly` where the settings let nothing be changed."""
    require_writable(settings, "serving")
    from flowtui.engine.client.local import LocalClient  # noqa: PLC0415 - 250 ms

    if settings.api_url is not None:
        raise StoreError(
            f"FLOWTUI_API_URL is {settings.api_url}: a backend serves a store, not another server. "
            "Unset it, and set FLOWTUI_DATABASE_URL where the store is not in FLOWTUI_HOME."
        )
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"The folder {settings.home} cannot be made ({error.strerror}). "
            "Set FLOWTUI_HOME to a folder that you may write to."
        ) from error
    return LocalClient.open(settings)
