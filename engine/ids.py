"""Identity: ids that sort by time, and names that people remember."""

from uuid_utils import uuid7  # 8 ms; the standard library has uuid7 from Python 3.14

__all__ = ["new_id", "new_slug"]


def new_id() -> str:
    """A UUIDv7 in its canonical text form, 36 characters. Later ids sort after earlier ones."""
    return str(uuid7())


def new_slug() -> str:
    """Two words such as `grinning-crab`, the default name of a flow run. Not unique."""
    from coolname import generate_slug  # noqa: PLC0415 - 31 ms that a run with a name of its own need not pay

    slug: str = generate_slug(2)
    return slug
