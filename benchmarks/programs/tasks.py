"""Many small tasks, one after the other or submitted; prints the seconds that the flow took, all of it recorded."""

import json
import sys
import time

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


if __name__ == "__main__":
    way, count = sys.argv[1], int(sys.argv[2])
    function = all_at_once if way == "submitted" else one_after_the_other
    function(10)
    started = time.perf_counter()
    total = function(count)
    seconds = time.perf_counter() - started
    assert total == sum(range(1, count + 1))
    print(json.dumps(seconds))
