"""Time: the one way in which flowtui reads and writes instants, and lets time pass."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = [
    "EPOCH",
    "Clock",
    "OtherClock",
    "from_micros",
    "now_micros",
    "pause",
    "pauses_for",
    "to_micros",
    "use_clock",
    "utc_now",
]

Clock = Callable[[], datetime]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class OtherClock(Protocol):
    """A clock that a test has put in the place of the machine's."""

    def __call__(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def passes(self, seconds: float) -> None:
        """Somebody wants to wait for as long as this."""
        ...


_test_clock: OtherClock | None = None


def use_clock(clock: OtherClock | None) -> OtherClock | None:
    """Go by `clock` in this process, or by the machine's again (None); answer the other one that was there before."""
    global _test_clock
    before, _test_clock = _test_clock, clock
    return before


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) if _test_clock is None else _test_clock()


def now_micros() -> int:
    """The present instant as `to_micros` writes it."""
    return time.time_ns() // 1000 if _test_clock is None else to_micros(_test_clock())


def pause(seconds: float) -> None:
    """Let time pass in this thread; a test's clock does that at once."""
    time.sleep(pauses_for(seconds))


def pauses_for(seconds: float) -> float:
    """For how many seconds to really sleep where `seconds` shall pass: none, once a test's clock has gone forward."""
    if _test_clock is None:
        return seconds
    _test_clock.passes(seconds)
    return 0.0


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970 in UTC: how the store keeps instants, exact and quick to compare."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant that `to_micros` wrote down."""
    return EPOCH + timedelta(microseconds=micros)
