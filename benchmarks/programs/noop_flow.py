"""A flow that does nothing, called again and again in one warm process; prints the seconds of each call."""

import json
import sys
import time

from flowtui import flow


@flow
def noop() -> None:
    return None


if __name__ == "__main__":
    for _ in range(3):
        noop()
    seconds = []
    for _ in range(int(sys.argv[1])):
        started = time.perf_counter()
        noop()
        seconds.append(time.perf_counter() - started)
    print(json.dumps(seconds))
