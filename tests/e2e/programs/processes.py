"""Tasks in processes of their own."""

import os

from prefect import flow, get_run_logger, task
from prefect.task_runners import ProcessPoolTaskRunner

BASE = 100


@task
def where(n):
    get_run_logger().info("» in a process")
    return os.getpid(), BASE + n


@task(retries=1)
def divide(a, b):
    return a / b


@flow(task_runner=ProcessPoolTaskRunner(max_workers=2))
def spread():
    places = where.map(range(3)).result()
    print([n for _, n in places], os.getpid() in {pid for pid, _ in places})
    state = divide.submit(1, 0)
    state.wait()
    print(state.state.type.value, type(state.result(raise_on_failure=False)).__name__)
    chained = divide.submit(divide.submit(8, 2), 2)
    return chained.result()


if __name__ == "__main__":
    print(spread())
