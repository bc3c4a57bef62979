"""The demo's home: a folder of its own, with flows that may be edited, and never anything of the user's."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, MutableMapping
from importlib import resources
from pathlib import Path
from typing import Final

from flowtui.engine.errors import UsageError
from flowtui.engine.settings import forget_settings

__all__ = ["DEFAULT_HOME", "enter_home", "make_home", "remove_home"]

DEFAULT_HOME: Final = "~/.flowtui-demo"
_MARK: Final = "demo.json"
"""Says that the folder is a demo's, and what its files were when the demo wrote them."""


def enter_home(home: Path, env: MutableMapping[str, str] = os.environ) -> None:
    """Make it the home of this process and its children: the user's own store, server and key stay out of it."""
    for name in (
        "FLOWTUI_DATABASE_URL",
        "FLOWTUI_API_URL",
        "FLOWTUI_ENCRYPTION_KEY",
        "FLOWTUI_PROFILE",
        "FLOWTUI_READ_ONLY",
    ):
        env.pop(name, None)
    env["FLOWTUI_HOME"] = str(home)
    forget_settings()


def make_home(home: Path) -> Path:
    """Make the home and its flows; answers with the folder of the flows. Files that were edited stay as they are.

    Raises `UsageError` for a folder that holds something else, or cannot be written.
    """
    if home.is_dir() and any(home.iterdir()) and not (home / _MARK).is_file():
        raise UsageError(f"{home} holds files that are not a demo's; give an empty or a new folder with --home.")
    try:
        flows = home / "flows"
        flows.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        written = _written(home)
        for name, content in _originals().items():
            there = flows / name
            if not there.exists() or _digest(there.read_bytes()) == written.get(name):
                there.write_bytes(content)
                written[name] = _digest(content)
        (home / _MARK).write_text(json.dumps(written, indent=2), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The demo's home {home} cannot be written: {error.strerror}.") from error
    return flows


def remove_home(home: Path, in_use: Callable[[], bool]) -> None:
    """Delete a demo's home. Raises `UsageError` for a folder that is none, and for one that is in use."""
    if not home.exists():
        return
    if not (home / _MARK).is_file():
        raise UsageError(f"{home} is not the home of a demo and is left alone.")
    if in_use():
        raise UsageError(f"The demo in {home} is open somewhere; close it first.")
    shutil.rmtree(home)


def _originals() -> dict[str, bytes]:
    """The files of the demo as they were shipped."""
    folder = resources.files("flowtui.tui.demo") / "flows"
    return {
        file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith((".py", ".yaml"))
    }  # fmt: skip


def _written(home: Path) -> dict[str, str]:
    try:
        found = json.loads((home / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
