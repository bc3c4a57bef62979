"""A flow that writes many log lines, as fast as it can or at a pace; prints what that took."""

import json
import sys
import time

from flowtui import flow, get_run_logger


@flow
def flood(count: int) -> float:
    log = get_run_logger()
    started = time.perf_counter()
    for number in range(count):
        log.info("line %d of many, about as long as lines are", number)
    return time.perf_counter() - started


@flow
def work(seconds: float, lines_per_second: int) -> int:
    """Count for some seconds, writing lines at a pace; how far it came says how much the lines took."""
    log = get_run_logger()
    started = now = time.perf_counter()
    written = counted = 0
    while (now := time.perf_counter()) - started < seconds:
        for _ in range(200):
            counted += 1
        while written < (now - started) * lines_per_second:
            log.info("line %d of many, about as long as lines are", written)
            written += 1
    return counted


if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    flood(100)
    if what == "flood":
        started = time.perf_counter()
        flood(count)
        print(json.dumps(count / (time.perf_counter() - started)))
    else:
        # Short spans, one beside the other, so that what else the machine does hits both alike.
        print(json.dumps([work(0.5, 0) / work(0.5, count) - 1 for _ in range(15)]))
