"""A flow whose first tasks complete and whose last one hangs the first time, so that its process can be killed."""

import os
import time
from pathlib import Path

from flowtui import flow, task


@task
def step(number: int) -> int:
    with Path(os.environ["BENCH_TRACE"]).open("a") as trace:
        trace.write(f"step {number}\n")
    return number


@task
def hang_once() -> str:
    with Path(os.environ["BENCH_TRACE"]).open("a") as trace:
        trace.write("hang\n")
    if Path(os.environ["BENCH_TRACE"]).read_text().count("hang") == 1:
        time.sleep(600)
    return "done"


@flow
def crash() -> str:
    for number in range(5):
        step(number)
    return hang_once()


if __name__ == "__main__":
    crash()
