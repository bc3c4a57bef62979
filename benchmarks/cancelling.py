"""From asking for a cancellation to Cancelled, with all of its processes gone: of those that heed, and of others."""

import time
from typing import Any

import psutil

from benchmarks.side_by_side import FLOWTUI, Row, fresh_home, median, program, show
from benchmarks.stores import KINDS, a_store, a_worker, client_on
from benchmarks.triggering import deployed, wait

RUNS = 20
GRACE = 10.0
AT_ONCE = 5
"""Those that do not heed take the whole grace each, so several are cancelled at once."""
PATIENCE = 60.0


def main() -> None:
    for kind in KINDS:
        with fresh_home() as home, a_store(kind, home) as url:
            path = program("waits", FLOWTUI, home)
            client = client_on(home, url)
            try:
                deployment_id = deployed(client, path).id
                with a_worker(home, url, "--limit", "16"):
                    heeding = [cancelled(client, deployment_id, 1, deaf=False)[0] for _ in range(RUNS)]
                    deaf = [
                        seconds
                        for _ in range(RUNS // AT_ONCE)
                        for seconds in cancelled(client, deployment_id, AT_ONCE, deaf=True)
                    ]
            finally:
                client.close()
        rows = [
            Row(what="it heeds SIGTERM, median", unit="ms", flowtui=median(heeding) * 1000),
            Row(what="it heeds SIGTERM, slowest", unit="ms", flowtui=max(heeding) * 1000, bar=1_000),
            Row(what="it does not, beyond the grace, median", unit="ms", flowtui=(median(deaf) - GRACE) * 1000),
            Row(
                what="it does not, beyond the grace, slowest", unit="ms", flowtui=(max(deaf) - GRACE) * 1000, bar=1_000
            ),
        ]
        show(
            f"cancelling, {kind}",
            rows,
            [f"{RUNS} runs each, every one with a child process; the grace is {GRACE:g} s."],
        )


def cancelled(client: Any, deployment_id: str, count: int, *, deaf: bool) -> list[float]:
    """Seconds from the call to Cancelled, of so many runs at once. Their processes must be gone by then."""
    from flowtui.engine.clock import utc_now
    from flowtui.engine.states import Cancelling

    ids = [client.run_deployment(deployment_id, parameters={"deaf": deaf}).id for _ in range(count)]
    families = [family(client, run_id) for run_id in ids]
    asked = []
    for run_id in ids:
        asked.append(utc_now())
        client.set_flow_run_state(run_id, Cancelling())
    runs = wait(client, ids)
    left = [member for members in families for member in members if alive(member)]
    wrong = [run.state.name for run in runs if not run.state.is_cancelled()]
    if left or wrong:
        raise SystemExit(f"processes that are left: {left}; runs that ended {wrong}")
    return [(run.end_time - moment).total_seconds() for run, moment in zip(runs, asked, strict=True)]


def family(client: Any, run_id: str) -> list[psutil.Process]:
    """The processes of a run, when it says that all are up."""
    deadline = time.monotonic() + PATIENCE
    while not any(line.message == "up" for line in client.read_logs(run_id).lines):
        if time.monotonic() > deadline:
            raise SystemExit("the flow was not up in time")
        time.sleep(0.02)
    process = psutil.Process(int(client.read_flow_run(run_id).infrastructure_pid.rpartition(":")[2]))
    return [process, *process.children(recursive=True)]


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    main()
