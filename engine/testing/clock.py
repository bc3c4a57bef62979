"""A clock that goes forward when it is told to, and when somebody waits."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from flowtui.engine.errors import UsageError

__all__ = ["FakeClock"]

_START: Final = datetime(2024, 1, 1, 12, 0, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


class FakeClock:
    """Stands at `start` (an aware instant, or its ISO text; default: 2024-01-01 12:00 UTC) until it is moved.

    Within `harness(clock=…)` flowtui goes by it: the times of states, schedules, expirations, leases, what is late. The
    waits of retries take no time: the clock goes forward by as much. Limits such as `timeout_seconds` stay real.
    Each look at it is a microsecond after the one before, so that what happens has an order. May be used by any thread.
    """

    def __init__(self, start: datetime | str = _START) -> None:
        self._now = _instant(start)
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """The present instant, aware, in UTC."""
        with self._lock:
            self._now += _TICK
            return self._now

    def advance(self, by: timedelta | None = None, **parts: float) -> datetime:
        """Go forward by a `timedelta`, or by its parts: `advance(hours=1)`. Answers the new instant.

        Raises `UsageError` for a step backwards.
        """
        step = by if by is not None else timedelta(**parts)
        if step < timedelta(0):
            raise UsageError(
                f"A clock goes forward; it was told to advance by {step}. Make a new FakeClock to go back."
            )
        with self._lock:
            self._now += step
            return self._now

    def move_to(self, instant: datetime | str) -> datetime:
        """Go forward to an instant. Raises `UsageError` when that has passed."""
        wanted = _instant(instant)
        with self._lock:
            if wanted < self._now:
                raise UsageError(f"A clock goes forward; it is at {self._now} and was told to move to {wanted}.")
            self._now = wanted
            return wanted

    def passes(self, seconds: float) -> None:
        """Somebody waits for as long as this; when others wait meanwhile, their time passes too."""
        self.advance(seconds=max(seconds, 0.0))

    def __repr__(self) -> str:
        return f"<FakeClock at {self._now.isoformat()}>"


def _instant(given: datetime | str) -> datetime:
    moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
