"""Cursors: where the next page of a list begins. Opaque to everybody else."""

import base64
from typing import Any

import orjson

from flowtui.engine.errors import UsageError

__all__ = ["read_cursor", "write_cursor"]


def write_cursor(*values: Any) -> str:
    """The sort key of the last row of a page, as text that survives a URL."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The sort key again, which consists of values of these kinds. Raises `UsageError` for anything else."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds):
        raise UsageError(f"{cursor!r} is no cursor of a list; take the `next` of the page before.")
    return values
