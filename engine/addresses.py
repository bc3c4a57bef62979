"""Addresses of stores and servers for a person's eyes: without the password. Pure, and loads no driver."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote

__all__ = ["brief", "sqlite_words", "without_password"]

_SQLITE: Final = "sqlite:///"

_SECRET: Final = re.compile(r"(?<=//)([^/@:]*):.*@|(?<=password=)[^&]*", re.IGNORECASE)


def without_password(url: str) -> str:
    """The address with `***` for any password, also where it makes no sense as an address."""
    return _SECRET.sub(lambda found: f"{found[1]}:***@" if found[1] is not None else "***", url)


def sqlite_words(path: str) -> str:
    """`sqlite ~/…/flowtui.db`: the home of whoever reads it is written short."""
    home = str(Path.home())
    return f"sqlite {'~' + path.removeprefix(home) if path.startswith(home + '/') else path}"


def brief(url: str) -> str:
    """The address as a screen shows it: without a password, without how it is reached, a file as `sqlite_words`."""
    text = without_password(url).partition("?")[0]
    return sqlite_words(unquote(text.removeprefix(_SQLITE))) if text.startswith(_SQLITE) else text
