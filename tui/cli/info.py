"""`flowtui info` and `flowtui version`: what a bug report needs."""

import platform
import sqlite3
import sys
from importlib import metadata
from typing import Any

from flowtui import __version__
from flowtui.engine.errors import FlowtuiError
from flowtui.tui.cli.output import Output, print_facts, print_json

__all__ = ["info", "version"]

_LIBRARIES = ("textual", "sqlalchemy", "pydantic", "apscheduler", "croniter", "httpx")


def version(*, output: Output = "table") -> int:
    """Show versions."""
    _show(_versions(), output)
    return 0


def info(*, output: Output = "table") -> int:
    """Show versions, settings and the store: what a bug report needs. Passwords and keys are left out."""
    _show({**_versions(), **_settings(), **_store()}, output)
    return 0


def _show(facts: dict[str, Any], output: str) -> None:
    if output == "json":
        print_json(facts)
        return
    print_facts((name.replace("_", " "), str(value)) for name, value in facts.items() if value not in (None, ""))


def _versions() -> dict[str, Any]:
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        **{name: _installed(name) for name in _LIBRARIES},
    }


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _settings() -> dict[str, Any]:
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - the version needs no settings

    settings = current_settings()
    return {
        "profile": settings.profile or None,
        "home": str(settings.home),
        "api_url": settings.api_url,
        "logging_level": settings.logging_level,
        "sqlite_synchronous": settings.sqlite_synchronous,
        "lease_seconds": settings.lease_seconds,
        "encryption_key": "from the environment" if settings.encryption_key else "kept in the home",
        "executable": sys.executable,
    }


def _store() -> dict[str, Any]:
    """The store, or why it cannot be opened: this command is asked for when something is wrong."""
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the version needs no store

    try:
        client = current_client()
        backends = [backend.url or f"in the workstation of process {backend.pid}" for backend in client.list_backends()]
        counts = client.run_counts()
        return {
            "store": client.address,
            "served_by": ", ".join(backends) or "nobody",
            "running": counts.running,
            "scheduled": counts.scheduled,
            "late": counts.late,
        }
    except FlowtuiError as error:
        return {"store": f"cannot be opened: {error}"}
