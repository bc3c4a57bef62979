"""The few settings of Prefect's that programs look at, as flowtui has them."""

from collections.abc import Callable
from typing import Any, Final

from flowtui.engine.settings import current_settings

__all__ = ["PREFECT_API_URL", "PREFECT_HOME", "PREFECT_LOGGING_LEVEL", "PREFECT_UI_URL", "Setting"]


class Setting:
    """A setting that is read when `value()` is called."""

    def __init__(self, name: str, read: Callable[[], Any]) -> None:
        self.name, self._read = name, read

    def value(self) -> Any:
        """What it is now; None when it is not set."""
        return self._read()

    def __repr__(self) -> str:
        return f"<Setting {self.name}: {self.value()!r}>"


def _ui_url() -> str | None:
    api = current_settings().api_url
    return None if api is None else api.removesuffix("/").removesuffix("/api")


PREFECT_API_URL: Final = Setting("PREFECT_API_URL", lambda: current_settings().api_url)
PREFECT_UI_URL: Final = Setting("PREFECT_UI_URL", _ui_url)
PREFECT_HOME: Final = Setting("PREFECT_HOME", lambda: current_settings().home)
PREFECT_LOGGING_LEVEL: Final = Setting("PREFECT_LOGGING_LEVEL", lambda: current_settings().logging_level)
