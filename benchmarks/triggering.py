"""From asking for a run to Running, with an idle worker: one after the other, fifty at once, and by schedule.

The worker is a process of its own (`flowtui worker start`), the runs are asked for by another one, and the states tell
when each began: on SQLite and on PostgreSQL.
"""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import FLOWTUI, Row, fresh_home, median, program, show
from benchmarks.stores import KINDS, a_store, a_worker, client_on

RUNS = 50
SCHEDULED = 20
APART = timedelta(milliseconds=170)
WARM_UP = 3
PATIENCE = 120.0


def main() -> None:
    for kind in KINDS:
        with fresh_home() as home, a_store(kind, home) as url:
            path = program("pickup", FLOWTUI, home)
            client = client_on(home, url)
            try:
                deployment = deployed(client, path)
                with a_worker(home, url, "--limit", "16"):
                    for _ in range(WARM_UP):
                        one(client, deployment.id)
                    singly = sorted(one(client, deployment.id) for _ in range(RUNS))
                    taken, late = by_schedule(client, deployment.id)
                    seconds, failed = at_once(client, deployment.id)
            finally:
                client.close()
        rows = [
            Row(what="asked for until Running, median", unit="ms", flowtui=median(singly) * 1000, bar=300),
            Row(what="asked for until Running, p95", unit="ms", flowtui=singly[int(RUNS * 0.95)] * 1000, bar=600),
            Row(what="its instant until a worker has it, latest", unit="ms", flowtui=max(taken) * 1000, bar=250),
            Row(what="its instant until Running, median", unit="ms", flowtui=median(late) * 1000, bar=250),
            Row(what="its instant until Running, latest", unit="ms", flowtui=max(late) * 1000),
            Row(what=f"{RUNS} at once, until the last has ended", unit="s", flowtui=seconds),
            Row(what=f"{RUNS} at once, not completed", unit="", flowtui=failed, bar=0),
        ]
        show(
            f"triggering, {kind}",
            rows,
            [f"{RUNS} runs one after the other; {SCHEDULED} scheduled at instants of their own."],
        )


def deployed(client: Any, path: Path) -> Any:
    from flowtui.engine.model import DeploymentSpec

    entrypoint = f"{path.name}:{path.stem}"
    spec = DeploymentSpec(name="bench", flow_name=path.stem, entrypoint=entrypoint, path=str(path.parent))
    return client.save_deployment(spec)


def one(client: Any, deployment_id: str) -> float:
    """Seconds from the call to Running. The next is asked for when this one has ended: the worker is idle."""
    from flowtui.engine.clock import utc_now

    asked = utc_now()
    run = wait(client, [client.run_deployment(deployment_id).id])[0]
    time.sleep(0.1)
    return float((run.start_time - asked).total_seconds())


def by_schedule(client: Any, deployment_id: str) -> tuple[list[float], list[float]]:
    """How long after its instant each run was taken by the worker, and was Running."""
    from flowtui.engine.clock import utc_now

    first = utc_now() + timedelta(seconds=1)
    due = [first + APART * number for number in range(SCHEDULED)]
    runs = wait(client, [client.run_deployment(deployment_id, scheduled_time=moment).id for moment in due])
    moments = [{state.name: state.timestamp for state in client.flow_run_states(run.id)} for run in runs]
    return (
        [(found["Pending"] - moment).total_seconds() for found, moment in zip(moments, due, strict=True)],
        [(found["Running"] - moment).total_seconds() for found, moment in zip(moments, due, strict=True)],
    )


def at_once(client: Any, deployment_id: str) -> tuple[float, int]:
    """Seconds until the last of many has ended, and how many did not complete."""
    began = time.monotonic()
    runs = wait(client, [client.run_deployment(deployment_id).id for _ in range(RUNS)])
    return time.monotonic() - began, sum(not run.state.is_completed() for run in runs)


def wait(client: Any, ids: list[str]) -> list[Any]:
    """The runs, when all have ended."""
    deadline, seen = time.monotonic() + PATIENCE, 0
    while True:
        runs = [client.read_flow_run(run_id) for run_id in ids]
        if all(run.state.is_final() for run in runs):
            return runs
        if time.monotonic() > deadline:
            raise SystemExit(f"the runs have not ended within {PATIENCE:g} s")
        seen = client.wait(seen, 1.0)


if __name__ == "__main__":
    main()
