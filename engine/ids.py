"""Identity: ids that sort by time, and names that people remember."""

import re

from uuid_utils import uuid7  # 8 ms; the standard library has uuid7 from Python 3.14

__all__ = ["is_id", "new_id", "new_slug"]

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id() -> str:
    """A UUIDv7 in its canonical text form, 36 characters. Later ids sort after earlier ones."""
    return str(uuid7())


def is_id(text: str) -> bool:
    """True for the canonical text form of a UUID, which is what ids look like."""
    return _ID.fullmatch(text) is not None


def new_slug() -> str:
    """Two words such as `grinning-crab`, the default name of a flow run. Not unique."""
    from coolname import generate_slug  # noqa: PLC0415 - 31 ms that a run with a name of its own need not pay

    slug: str = generate_slug(2)
    return slug
