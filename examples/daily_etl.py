"""Retries where the world is unreliable, and a cache where work is dear: a second run does not repeat it."""

import math
from datetime import timedelta

from flowtui import flow, task, task_input_hash


@task(retries=3, retry_delay_seconds=60)
def extract(day: str) -> list[int]:
    """A day's readings. Should the source be out of reach, it is asked again after a minute, three times at most."""
    return [ord(letter) * 7 % 101 for letter in day * 20]


@task(cache_key_fn=task_input_hash, cache_expiration=timedelta(days=1))
def transform(readings: list[int]) -> dict[str, float]:
    """The dear part: the same readings give the same figures, so they are kept for a day."""
    print(f"computing the figures of {len(readings)} readings")
    mean = sum(readings) / len(readings)
    spread = math.sqrt(sum((reading - mean) ** 2 for reading in readings) / len(readings))
    return {"mean": round(mean, 3), "spread": round(spread, 3)}


@task
def load(day: str, figures: dict[str, float]) -> None:
    print(f"{day}: mean {figures['mean']}, spread {figures['spread']}")


@flow(name="daily-etl", log_prints=True)
def daily_etl(day: str = "2026-11-20") -> dict[str, float]:
    figures = transform(extract(day))
    load(day, figures)
    return figures


if __name__ == "__main__":
    daily_etl()
