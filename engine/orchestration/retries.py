"""Decide when a failed run is tried again. Pure."""

from collections.abc import Callable, Iterable, Sequence
from math import inf

from flowtui.engine.errors import UsageError

__all__ = ["Chance", "Delay", "delay_before", "exponential_backoff", "fixed_delays"]

Delay = float | Iterable[float] | Callable[[int], Iterable[float] | float]
"""Seconds: one number, one for each retry (the last one repeats), or a function of the number of retries."""

Chance = Callable[[], float]
"""Where chance comes from: each call gives a number from 0 up to 1."""

_MOST = 50


def fixed_delays(delay: Delay | None, retries: int, name: str = "the task") -> tuple[float, ...]:
    """The delays as a tuple, for the run of that `name`. Raises `UsageError` for what is no list of delays, for a
    negative or infinite one, and for more than 50."""
    try:
        values = delay(retries) if callable(delay) else 0.0 if delay is None else delay
        if isinstance(values, str | bytes):
            raise TypeError
        delays = tuple(map(float, values)) if isinstance(values, Iterable) else (float(values),)
    except (TypeError, ValueError):
        raise UsageError(
            f"retry_delay_seconds of {name!r} is {delay!r}; "
            "give a number of seconds, a list of them, or a function of the number of retries."
        ) from None
    if len(delays) > _MOST:
        raise UsageError(f"retry_delay_seconds of {name!r} lists {len(delays)} delays; {_MOST} are the most.")
    if not all(0 <= value < inf for value in delays):
        raise UsageError(f"retry_delay_seconds of {name!r} is {delays}; a delay is a number of seconds, 0 or more.")
    return delays


def delay_before(retry: int, delays: Sequence[float], jitter: float = 0.0, chance: Chance | None = None) -> float:
    """Seconds to wait before the given retry (1 is the first).

    With a `jitter` the delay is drawn evenly between `1 - jitter` (not below 0) and `1 + jitter` times itself, so that
    many who failed at once do not come back at once.
    """
    delay = delays[min(retry, len(delays)) - 1] if delays else 0.0
    if not jitter or not delay:
        return delay
    least, most = max(1.0 - jitter, 0.0), 1.0 + jitter
    return delay * (least + (most - least) * (chance or _chance)())


def _chance() -> float:
    import random  # noqa: PLC0415 - 3 ms that only jitter needs

    return random.random()  # noqa: S311 - it spreads load, it guards nothing


def exponential_backoff(backoff_factor: float) -> Callable[[int], list[float]]:
    """Delays that double: `factor * 2**n`, for `retry_delay_seconds`."""

    def delays(retries: int) -> list[float]:
        return [backoff_factor * 2**n for n in range(min(retries, _MOST))]

    return delays
