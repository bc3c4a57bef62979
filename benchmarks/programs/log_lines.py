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


def slowed(lines_per_second: int, *, lines_first: bool) -> float:
    """How much longer the same work takes with lines. Short spans, so that what else the machine does hits both."""
    paces = (lines_per_second, 0) if lines_first else (0, lines_per_second)
    counted = {pace: work(0.5, pace) for pace in paces}
    return counted[0] / counted[lines_per_second] - 1


if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    flood(100)
    if what == "flood":
        started = time.perf_counter()
        flood(count)
        print(json.dumps(count / (time.perf_counter() - started)))
    else:
        print(json.dumps([slowed(count, lines_first=turn % 2 == 0) for turn in range(30)]))
