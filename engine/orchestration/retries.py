"""Decide when a failed run is tried again. Pure."""

from collections.abc import Callable, Sequence

from flowtui.engine.errors import UsageError

__all__ = ["Delay", "delay_before", "exponential_backoff", "fixed_delays"]

Delay = float | Sequence[float] | Callable[[int], Sequence[float]]
"""Seconds: one number, one for each retry (the last one repeats), or a function of the number of retries."""

_MOST = 50


def fixed_delays(delay: Delay, retries: int) -> tuple[float, ...]:
    """The delays as a tuple. Raises `UsageError` for a negative one and for more than 50."""
    values = delay(retries) if callable(delay) else delay
    delays = tuple(map(float, values)) if isinstance(values, Sequence) else (float(values),)
    if len(delays) > _MOST:
        raise UsageError(f"retry_delay_seconds lists {len(delays)} delays; {_MOST} are the most.")
    if any(value < 0 for value in delays):
        raise UsageError(f"retry_delay_seconds is {delays}; a delay cannot be negative.")
    return delays


def delay_before(retry: int, delays: Sequence[float]) -> float:
    """Seconds to wait before the given retry (1 is the first)."""
    if not delays:
        return 0.0
    return delays[min(retry, len(delays)) - 1]


def exponential_backoff(backoff_factor: float) -> Callable[[int], list[float]]:
    """Delays that double: `factor * 2**n`, for `retry_delay_seconds`."""

    def delays(retries: int) -> list[float]:
        return [backoff_factor * 2**n for n in range(min(retries, _MOST))]

    return delays
