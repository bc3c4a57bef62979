"""Settings: one frozen value, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flowtui.engine.errors import UsageError

__all__ = ["Settings", "current_settings"]

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process is set up. Each field is read from `FLOWTUI_` and its name in capitals."""

    home: Path
    """Where flowtui keeps its store, results and keys. Default: `~/.flowtui`."""
    database_url: str
    """The store, as SQLAlchemy writes it. Default: SQLite in the home, `sqlite:///…/flowtui.db`."""
    api_url: str | None = None
    """A remote server's API. When unset, the store is used directly."""
    logging_level: str = "INFO"
    """Lines below this level are neither printed nor kept."""
    encryption_key: str | None = None
    """What secrets are encrypted with. When unset, a key is made and kept in the home, readable by its owner only."""
    sqlite_synchronous: str = "NORMAL"
    """`NORMAL` may lose the last commits when the power fails; `FULL` does not, and is about 8 times slower."""
    lease_seconds: float = 30.0
    """How long a process owns a run without renewing. A dead process is noticed within two of these."""

    @property
    def storage(self) -> Path:
        """Where results that are not kept in the store are written."""
        return self.home / "storage"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read from an environment. Raises `UsageError` for a value that makes no sense."""
        home = Path(env.get("FLOWTUI_HOME") or "~/.flowtui").expanduser().absolute()
        level = env.get("FLOWTUI_LOGGING_LEVEL", "INFO").upper()
        if level not in _LEVELS:
            raise UsageError(f"FLOWTUI_LOGGING_LEVEL is {level!r}; use one of {', '.join(_LEVELS)}.")
        synchronous = env.get("FLOWTUI_SQLITE_SYNCHRONOUS", "NORMAL").upper()
        if synchronous not in ("NORMAL", "FULL"):
            raise UsageError(f"FLOWTUI_SQLITE_SYNCHRONOUS is {synchronous!r}; use NORMAL or FULL.")
        return cls(
            home=home,
            database_url=env.get("FLOWTUI_DATABASE_URL") or f"sqlite:///{home / 'flowtui.db'}",
            api_url=env.get("FLOWTUI_API_URL") or None,
            logging_level=level,
            encryption_key=env.get("FLOWTUI_ENCRYPTION_KEY") or None,
            sqlite_synchronous=synchronous,
            lease_seconds=_seconds(env, "FLOWTUI_LEASE_SECONDS", 30.0),
        )


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 86_400:
        raise UsageError(f"{name} is {text!r}; give a number of seconds between 0 and 86400.")
    return value


_current: Settings | None = None


def current_settings() -> Settings:
    """The settings of this process, read from the environment at the first call."""
    global _current
    if _current is None:
        _current = Settings.from_env(os.environ)
    return _current


def forget_settings() -> None:
    """Read the environment again at the next call. For tests and for children that were given another environment."""
    global _current
    _current = None
