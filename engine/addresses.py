"""Addresses of stores and servers for a person's eyes: without the password. Pure, and loads no driver."""

import re
from typing import Final

__all__ = ["without_password"]

_SECRET: Final = re.compile(r"(?<=//)([^/@:]*):.*@|(?<=password=)[^&]*", re.IGNORECASE)


def without_password(url: str) -> str:
    """The address with `***` for any password, also where it makes no sense as an address."""
    return _SECRET.sub(lambda found: f"{found[1]}:***@" if found[1] is not None else "***", url)
