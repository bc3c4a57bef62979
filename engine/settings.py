"""Settings: one frozen value, read once from the environment, and from a profile where there are any."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flowtui.engine.errors import UsageError

__all__ = ["PROFILES_FILE", "Settings", "current_settings", "home_of", "use_settings"]

PROFILES_FILE = "profiles.toml"
"""The file in the home that holds profiles, if there are any."""

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
    logging_format: str = "text"
    """How lines look on the console: `text`, or `json`, an object a line."""
    logging_extra_loggers: tuple[str, ...] = ()
    """Loggers of other libraries, `urllib3,boto3`, whose lines inside runs are kept in the run's log."""
    encryption_key: str | None = None
    """What secrets are encrypted with. When unset, a key is made and kept in the home, readable by its owner only."""
    sqlite_synchronous: str = "NORMAL"
    """`NORMAL` may lose the last commits when the power fails; `FULL` does not, and is about 8 times slower."""
    lease_seconds: float = 30.0
    """How long a process owns a run without renewing. A dead process is noticed within two of these."""
    results_storage: str | None = None
    """Where kept results are: a folder, a URL such as `s3://bucket/results`, or a block's `type/name`."""
    results_serializer: str | None = None
    """How kept results are written: `json`, `pickle`, `compressed/pickle` … When unset, data as JSON, else pickled."""
    tasks_refresh_cache: bool = False
    """Compute and keep every cached result anew."""
    tasks_disable_caching: bool = False
    """Compute every result, and keep none for the cache."""
    flows_default_retries: int = 0
    """How often a flow is tried again that does not say so itself."""
    flows_default_retry_delay_seconds: float = 0.0
    """How long such a flow waits before each retry."""
    tasks_default_retries: int = 0
    """How often a task is tried again that does not say so itself."""
    tasks_default_retry_delay_seconds: float = 0.0
    """How long such a task waits before each retry."""
    tasks_runner_thread_pool_max_workers: int | None = None
    """How many threads a task runner has that does not say so itself. When unset, as many as its tasks need."""
    tasks_runner_process_pool_max_workers: int | None = None
    """How many processes a task runner has that does not say so itself. When unset, one for each processor."""
    logging_log_prints: bool = False
    """Make `print` a line of the log in runs that do not say so themselves."""
    path_map: tuple[str, ...] = ()
    """Folders of other machines by their names on this one, `/srv/app=~/app,…`: where the terminal finds their code."""
    read_only: bool = False
    """Change nothing in the store, from the workstation (as `flowtui --read-only`), from commands and from scripts."""
    profile: str = ""
    """Which profile of `profiles.toml` says what the environment does not. When unset, the one that is active there."""

    @property
    def storage(self) -> Path:
        """Where results that are not kept in the store are written."""
        return self.home / "storage"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read from an environment. Raises `UsageError` for a value that makes no sense."""
        home = home_of(env)
        level = env.get("FLOWTUI_LOGGING_LEVEL", "INFO").upper()
        if level not in _LEVELS:
            raise UsageError(f"FLOWTUI_LOGGING_LEVEL is {level!r}; use one of {', '.join(_LEVELS)}.")
        shape = env.get("FLOWTUI_LOGGING_FORMAT", "text").lower()
        if shape not in ("text", "json"):
            raise UsageError(f"FLOWTUI_LOGGING_FORMAT is {shape!r}; use text or json.")
        synchronous = env.get("FLOWTUI_SQLITE_SYNCHRONOUS", "NORMAL").upper()
        if synchronous not in ("NORMAL", "FULL"):
            raise UsageError(f"FLOWTUI_SQLITE_SYNCHRONOUS is {synchronous!r}; use NORMAL or FULL.")
        extra = env.get("FLOWTUI_LOGGING_EXTRA_LOGGERS", "")
        return cls(
            home=home,
            database_url=env.get("FLOWTUI_DATABASE_URL") or _in_home(home),
            api_url=env.get("FLOWTUI_API_URL") or None,
            logging_level=level,
            logging_format=shape,
            logging_extra_loggers=tuple(name.strip() for name in extra.split(",") if name.strip()),
            encryption_key=env.get("FLOWTUI_ENCRYPTION_KEY") or None,
            sqlite_synchronous=synchronous,
            lease_seconds=_seconds(env, "FLOWTUI_LEASE_SECONDS", 30.0),
            results_storage=env.get("FLOWTUI_RESULTS_STORAGE") or None,
            results_serializer=env.get("FLOWTUI_RESULTS_SERIALIZER") or None,
            tasks_refresh_cache=_switch(env, "FLOWTUI_TASKS_REFRESH_CACHE"),
            tasks_disable_caching=_switch(env, "FLOWTUI_TASKS_DISABLE_CACHING"),
            flows_default_retries=_whole(env, "FLOWTUI_FLOWS_DEFAULT_RETRIES", 0) or 0,
            flows_default_retry_delay_seconds=_delay(env, "FLOWTUI_FLOWS_DEFAULT_RETRY_DELAY_SECONDS"),
            tasks_default_retries=_whole(env, "FLOWTUI_TASKS_DEFAULT_RETRIES", 0) or 0,
            tasks_default_retry_delay_seconds=_delay(env, "FLOWTUI_TASKS_DEFAULT_RETRY_DELAY_SECONDS"),
            tasks_runner_thread_pool_max_workers=_whole(env, "FLOWTUI_TASKS_RUNNER_THREAD_POOL_MAX_WORKERS", 1),
            tasks_runner_process_pool_max_workers=_whole(env, "FLOWTUI_TASKS_RUNNER_PROCESS_POOL_MAX_WORKERS", 1),
            logging_log_prints=_switch(env, "FLOWTUI_LOGGING_LOG_PRINTS"),
            read_only=_switch(env, "FLOWTUI_READ_ONLY"),
            path_map=_path_map(env.get("FLOWTUI_PATH_MAP", "")),
            profile=env.get("FLOWTUI_PROFILE", ""),
        )


def home_of(env: Mapping[str, str]) -> Path:
    """Where flowtui keeps its files in this environment."""
    return Path(env.get("FLOWTUI_HOME") or "~/.flowtui").expanduser().absolute()


def _in_home(home: Path) -> str:
    """The address of the store in a home; what means something in an address is spelled out."""
    path = str(home / "flowtui.db").replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{path}"


def _path_map(text: str) -> tuple[str, ...]:
    pairs = tuple(pair.strip() for pair in text.split(",") if pair.strip())
    for pair in pairs:
        there, equals, here = pair.partition("=")
        if not (there and equals and here):
            raise UsageError(f"FLOWTUI_PATH_MAP holds {pair!r}; write the folder there, =, and the folder here.")
    return tuple(f"{there}={Path(here).expanduser()}" for there, _, here in (pair.partition("=") for pair in pairs))


def _switch(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "").lower()
    if text not in ("", "0", "1", "false", "true"):
        raise UsageError(f"{name} is {text!r}; use true or false.")
    return text in ("1", "true")


def _whole(env: Mapping[str, str], name: str, least: int) -> int | None:
    text = env.get(name)
    if not text:
        return None
    if not text.isdecimal() or int(text) < least:
        raise UsageError(f"{name} is {text!r}; give a whole number, {least} or more.")
    return int(text)


def _delay(env: Mapping[str, str], name: str) -> float:
    text = env.get(name)
    return _seconds(env, name, 0.0) if text and text not in ("0", "0.0") else 0.0


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
    """The settings of this process, read from environment and profile at the first call. Raises `UsageError`."""
    global _current
    if _current is None:
        _current = _with_profile(os.environ)
    return _current


def _with_profile(env: Mapping[str, str]) -> Settings:
    home, asked = home_of(env), env.get("FLOWTUI_PROFILE")
    if asked == "" or (asked is None and not (home / PROFILES_FILE).exists()):
        return Settings.from_env(env)
    from flowtui.engine.profiles import settings_for  # noqa: PLC0415 - 10 ms of TOML that only who has profiles pays
    from flowtui.engine.profiles_file import read_profiles  # noqa: PLC0415 - as above

    profiles = read_profiles(home)
    return settings_for(profiles, profiles.chosen(env), env)


def use_settings(settings: Settings) -> None:
    """Make these the settings of this process."""
    global _current
    _current = settings


def forget_settings() -> None:
    """Read the environment again at the next call. For tests and for children that were given another environment."""
    global _current
    _current = None
