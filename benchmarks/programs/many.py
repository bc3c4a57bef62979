"""One of many processes that share a store: a flow of some tasks; prints its seconds."""

import json
import sys
import time

from flowtui import flow, task


@task
def add_one(number: int) -> int:
    return number + 1


@flow
def many(count: int) -> int:
    return sum(add_one(number) for number in range(count))


if __name__ == "__main__":
    started = time.perf_counter()
    assert many(int(sys.argv[1])) == sum(range(1, int(sys.argv[1]) + 1))
    print(json.dumps(time.perf_counter() - started))
