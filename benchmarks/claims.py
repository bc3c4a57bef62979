"""How many due runs 16 processes claim from one store in a second, on SQLite and on PostgreSQL; none is taken twice."""

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.side_by_side import FLOWTUI, Row, fresh_home, program, show
from benchmarks.stores import KINDS, a_store, client_on

WORKERS = 16
RUNS = 20_000
BATCH = 10
"""How many a worker with free slots asks for at once."""


def main() -> None:
    rows, remarks = [], []
    for kind in KINDS:
        with fresh_home() as home, a_store(kind, home) as url:
            fill(home, url)
            seconds, cpu, shares = claim_all(home, url)
        claimed = [run_id for share in shares for run_id in share]
        if len(claimed) != RUNS or len(set(claimed)) != RUNS:
            raise SystemExit(f"{kind}: {len(claimed)} claims of {len(set(claimed))} runs; there were {RUNS}.")
        rows.append(
            Row(what=f"claims a second, {kind}", unit="/s", flowtui=RUNS / seconds, bar=2_000, more_is_better=True)
        )
        counts = f"{min(map(len, shares)):,} to {max(map(len, shares)):,} runs"
        remarks.append(
            f"{kind}: {counts} for a process; {cpu / RUNS * 1000:.2f} ms of a processor for a claim, in them."
        )
    show(f"{WORKERS} processes claim {RUNS:,} runs in batches of {BATCH}, none twice", rows, remarks)


def fill(home: Path, url: str) -> None:
    from flowtui.engine.model import NewFlowRun
    from flowtui.engine.states import Scheduled
    from flowtui.engine.store.transitions import create

    client = client_on(home, url)
    try:
        with client._db.write() as connection:
            for number in range(RUNS):
                new = NewFlowRun(
                    flow_name="etl",
                    name=f"run-{number}",
                    state=Scheduled(),
                    work_pool_name="local",
                    work_queue_name="default",
                )
                create(client._db, connection, new)
    finally:
        client.close()


def claim_all(home: Path, url: str) -> tuple[float, float, list[list[str]]]:
    """Seconds from the word to the last claim, of a processor in all claiming processes, and the ids that each got."""
    path = program("claims", FLOWTUI, home)
    env = FLOWTUI.environment(home) | {"FLOWTUI_DATABASE_URL": url}
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(path), f"worker-{number}", str(BATCH)],
                    env=env,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(WORKERS)
        ]
        for worker in workers:
            assert worker.stdout is not None
            if worker.stdout.readline() != "ready\n":
                raise SystemExit("a claiming process ended before it began")
        began = time.monotonic()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        shares, ends, cpu = [], [], 0.0
        for worker in workers:
            assert worker.stdout is not None
            done = json.loads(worker.stdout.readline())
            shares.append(done["claimed"])
            ends.append(done["end"])
            cpu += done["cpu"]
    return max(ends) - began, cpu, shares


if __name__ == "__main__":
    main()
