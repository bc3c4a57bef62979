"""Read the archive of the sensors again, one task for each day: all are known from the start, and so is progress."""

import math
import random
import time
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field
from warehouse import warehouse

from flowtui import (
    ThreadPoolTaskRunner,
    as_completed,
    create_progress_artifact,
    flow,
    get_run_logger,
    task,
    update_progress_artifact,
)


@task(retries=2, retry_delay_seconds=2)
def read_day(day: date, pause: float) -> dict[str, object]:
    """A day's readings, one each minute. The archive is slow; `pause` is how long it takes to answer."""
    time.sleep(pause)
    chance = random.Random(day.toordinal())
    season = 10 * math.sin((day.timetuple().tm_yday - 105) / 365 * math.tau)
    readings = [
        12 + season + 5 * math.sin((minute - 540) / 1440 * math.tau) + chance.gauss(0, 0.4) for minute in range(1440)
    ]
    mean, highest = sum(readings) / len(readings), max(readings)
    if highest > 30:
        get_run_logger().warning("%s: %.1f °C is hotter than the sensor is made for", day, highest)
    return {"day": day.isoformat(), "readings": len(readings), "mean": round(mean, 2), "highest": round(highest, 2)}


@task
def store(days: list[dict]) -> int:
    with warehouse() as connection:
        connection.executemany("insert or replace into sensor_days values (:day, :readings, :mean, :highest)", days)
    return len(days)


@flow(task_runner=ThreadPoolTaskRunner(max_workers=3), log_prints=True)
def sensor_archive(
    days: Annotated[int, Field(ge=1, le=3_650)] = 300,
    until: date | None = None,
    pause: Annotated[float, Field(ge=0, le=60)] = 1.8,
) -> dict[str, object]:
    """Read the archive again.

    Args:
        days: How many days, back from the last one.
        until: The last day; yesterday when it is left out.
        pause: Seconds that the archive takes to answer.
    """
    last = until or date.today() - timedelta(days=1)
    asked = read_day.map([last - timedelta(days=back) for back in range(days)], pause)
    progress = create_progress_artifact(0, key="sensor-archive", description=f"{days} days back from {last}")
    for number, _ in enumerate(as_completed(asked), start=1):
        update_progress_artifact(progress, 100 * number / days)
    found = asked.result()
    store(found)
    warmest = max(found, key=lambda day: day["mean"])
    print(f"{len(found)} days; the warmest was {warmest['day']} with {warmest['mean']} °C on average")
    return {"days": len(found), "warmest": warmest["day"]}


if __name__ == "__main__":
    sensor_archive(days=5, pause=0.1)
