"""How far ahead runs are made, for all schedules alike. Quick to load: every client knows it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

__all__ = ["HORIZON", "PER_SCHEDULE", "Reach"]

HORIZON: Final = timedelta(days=7)
"""How far ahead scheduled runs are created. A weekly report is seen in the list of what comes next."""
PER_SCHEDULE: Final = 10
"""How many runs each schedule has waiting, unless it says so itself: one for every second must not fill the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far ahead runs are made."""

    horizon: timedelta = HORIZON
    per_schedule: int = PER_SCHEDULE
