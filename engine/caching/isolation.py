"""What two runs with the same key do that start at once."""

from enum import StrEnum

__all__ = ["IsolationLevel"]


class IsolationLevel(StrEnum):
    """What two runs with the same key do that start at once."""

    READ_COMMITTED = "READ_COMMITTED"
    """Both run; each sees what was kept before it started."""
    SERIALIZABLE = "SERIALIZABLE"
    """One waits for the other, and then finds its result. Needs a lock manager."""
