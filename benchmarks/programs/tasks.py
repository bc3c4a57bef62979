"""Many small tasks, one after the other, submitted or mapped; prints the seconds that the flow took, all recorded,
and by how many kB the process grew meanwhile, and during a second such flow."""

import gc
import json
import sys
import time
from pathlib import Path

from flowtui import flow, task


@task
def add_one(number: int) -> int:
    return number + 1


@flow
def one_after_the_other(count: int) -> int:
    return sum(add_one(number) for number in range(count))


@flow
def all_at_once(count: int) -> int:
    futures = [add_one.submit(number) for number in range(count)]
    return sum(future.result() for future in futures)


@flow
def mapped(count: int) -> int:
    return sum(future.result() for future in add_one.map(range(count)))


def resident() -> int:
    """kB of memory of its own that the process holds, without mapped files; 0 where nobody says."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("RssAnon"))


def timed(way: str, count: int) -> float:
    function = {"sequential": one_after_the_other, "submitted": all_at_once, "mapped": mapped}[way]
    started = time.perf_counter()
    total = function(count)
    seconds = time.perf_counter() - started
    assert total == sum(range(1, count + 1))
    return seconds


if __name__ == "__main__":
    way, count = sys.argv[1], int(sys.argv[2])
    timed(way, 10)
    if way == "mapped":  # SQLite fills its cache first, up to 16 MB, whatever follows
        timed("sequential", count)
    before = resident()
    seconds = timed(way, count)
    after = resident()
    figures = {"seconds": seconds, "grown": after - before, "kept": 0}
    if way == "mapped":
        gc.collect()
        first = resident()
        timed(way, count)
        gc.collect()
        figures["kept"] = max(resident() - first, 0)
    print(json.dumps(figures))
