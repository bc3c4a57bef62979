"""The work of `tasks.py` and `noop_flow.py` as DBOS does it, on SQLite: steps in one workflow, and workflows that do
nothing. Prints what was asked for: steps per second, or the seconds of each workflow."""

import json
import os
import sys
import time
from pathlib import Path

from dbos import DBOS

DBOS(
    config={
        "name": "benchmark",
        "system_database_url": f"sqlite:///{Path(os.environ['DBOS_HOME']) / 'dbos.db'}",
        "run_admin_server": False,
    }
)


@DBOS.step()
def add_one(number: int) -> int:
    return number + 1


@DBOS.workflow()
def one_after_the_other(count: int) -> int:
    return sum(add_one(number) for number in range(count))


@DBOS.workflow()
def noop() -> None:
    return None


if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    DBOS.launch()
    one_after_the_other(10)
    noop()
    if what == "steps":
        started = time.perf_counter()
        total = one_after_the_other(count)
        print(json.dumps(count / (time.perf_counter() - started)))
        assert total == sum(range(1, count + 1))
    else:
        seconds = []
        for _ in range(count):
            started = time.perf_counter()
            noop()
            seconds.append(time.perf_counter() - started)
        print(json.dumps(seconds))
    DBOS.destroy()
